"""How far a hard condition is from failing: "would have failed at 9 errors, has 3" (X1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bot.domain.conditions import About, Condition, Op
from bot.domain.language.grammar import parse
from bot.domain.language.misread import Misread
from bot.domain.rollout import Check, Line


@dataclass(frozen=True, slots=True)
class Margin:
    """A condition that holds. It fails `at` its limit, or only `over` or `under` it; `used` is 1 where it would."""

    line: Line
    limit: float
    side: Literal["at", "over", "under"]
    used: float


def closest(check: Check) -> Margin | None:
    """The hard condition that holds by the least, for its size; None where none can be told."""
    margins = [_margin(line) for line in check.lines if line.role == "hard" and line.counts and line.met is True]
    return max((each for each in margins if each is not None), key=lambda each: each.used, default=None)


def _margin(line: Line) -> Margin | None:
    condition = _read(line.condition)
    if condition is None or condition.subject.about is not About.METRIC or line.value is None:
        return None
    if line.threshold is None or not (math.isfinite(line.value) and math.isfinite(line.threshold)):
        return None
    counted = line.unit == "count"
    match condition.op:
        case Op.BELOW:
            limit = float(math.ceil(line.threshold)) if counted else line.threshold
            return Margin(line, limit, "at", _share(line.value, limit))
        case Op.AT_MOST:
            limit = math.floor(line.threshold) + 1.0 if counted else line.threshold
            return Margin(line, limit, "at" if counted else "over", _share(line.value, limit))
        case Op.ABOVE:
            limit = float(math.floor(line.threshold)) if counted else line.threshold
            return Margin(line, limit, "at", _room_used(line, limit))
        case Op.AT_LEAST:
            limit = math.ceil(line.threshold) - 1.0 if counted else line.threshold
            return Margin(line, limit, "at" if counted else "under", _room_used(line, limit))
        case _:
            return None


def _room_used(line: Line, limit: float) -> float:
    """Of what must be high: of a share, how much of its room up to the whole is gone."""
    whole = {"percent": 100.0, "ratio": 1.0}.get(line.unit)
    if whole is not None and limit < whole:
        return _share(whole - (line.value or 0.0), whole - limit)
    return _share(limit, line.value or 0.0)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _read(text: str) -> Condition | None:
    try:
        return parse(text)
    except (Misread, ValueError, IndexError):
        return None
