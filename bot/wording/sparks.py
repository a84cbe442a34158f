"""Numbers over time in one line: a spark of block characters, and the word for where they go."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.domain.conditions import About
from bot.domain.rollout import Line
from bot.domain.trends import Direction, History, direction, measured, thinned
from bot.wording.claims import read
from bot.wording.language import t

BLOCKS = "▁▂▃▄▅▆▇█"
GAP = "·"
"""Where there was no data."""
WIDTH = 6
"""As many as a line on a phone has room for after a condition, mostly."""
LEAST = 2
"""One number is no line."""


def spark(values: Sequence[float | None], limit: float | None = None) -> str:
    """One character for each value, oldest first; the scale reaches to the limit, so that height means nearness."""
    numbers = measured(values)
    if not numbers:
        return GAP * len(values)
    ends = [*numbers, limit] if limit is not None and math.isfinite(limit) else numbers
    low, high = min(ends), max(ends)
    return "".join(_block(value, low, high) for value in values)


def _block(value: float | None, low: float, high: float) -> str:
    if value is None or not math.isfinite(value):
        return GAP
    # Halves: the whole of two huge numbers' distance may be no number.
    reach = high / 2 - low / 2
    share = (value / 2 - low / 2) / reach if reach > 0 else 0.5
    return BLOCKS[min(int(share * len(BLOCKS)), len(BLOCKS) - 1)]


def trend(metric: str, history: History, limit: float | None = None) -> str:
    """`▁▁▂▃ rising`, `▁▁▁▁` where nothing moves; "" while there is nothing to see."""
    points = thinned(history.points.get(metric, ()), WIDTH)
    values = [point.value for point in points]
    if len(measured(values)) < LEAST:
        return ""
    word = "" if direction(values) is Direction.STEADY else direction_word(values)
    return f"{spark(values, limit)} {word}".rstrip()


def trend_of(line: Line, history: History) -> str:
    """Where a condition's metric goes; "" for what has no course of its own in its numbers: an age, an availability."""
    condition = read(line.condition)
    if condition is not None and condition.subject.about not in (About.METRIC, About.UP, About.DOWN):
        return ""
    return trend(line.metric, history, line.threshold)


def direction_word(values: Sequence[float | None]) -> str:
    """Where it goes; "" where nobody can tell yet."""
    match direction(values):
        case Direction.RISING:
            return t("rising")
        case Direction.FALLING:
            return t("falling")
        case Direction.STEADY:
            return t("steady")
        case None:
            return ""
