"""Which conditions matter most: what is bad, then what is nearest to its limit, each metric once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.domain.conditions import Op
from bot.domain.rollout import Line
from bot.domain.trends import room
from bot.wording.claims import read
from bot.wording.conditions import BAD, GOOD, QUIET

_LEFT = (*BAD, *GOOD, QUIET)
_FALLS_SHORT = (Op.ABOVE, Op.AT_LEAST)


def ranked(lines: Sequence[Line]) -> list[Line]:
    """All conditions: the worst first, of those that stand alike the one with the least room."""
    return sorted(lines, key=lambda line: (standing(line), left(line)))


def by_metric(lines: Sequence[Line]) -> list[Line]:
    """The most telling condition of each metric, the worst first."""
    best: dict[str, Line] = {}
    for line in ranked(lines):
        best.setdefault(about(line), line)
    return list(best.values())


def about(line: Line) -> str:
    """What a condition is about: its metric, else itself."""
    return line.metric or line.condition


def standing(line: Line) -> int:
    """How bad it is: 0 is worst."""
    return next((rank for rank, group in enumerate(_LEFT) if group.members(line)), len(_LEFT))


def left(line: Line) -> float:
    """How much of the way to its limit is left; infinite where there are no numbers to tell by."""
    condition = read(line.condition)
    if line.value is None or line.threshold is None or condition is None or condition.op is None:
        return math.inf
    if condition.op in (Op.EQUAL, Op.NOT_EQUAL):
        return math.inf
    above = (condition.op in _FALLS_SHORT) is (line.role != "trigger")
    return room(line.value, line.threshold, above=above, unit=line.unit)
