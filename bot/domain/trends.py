"""Numbers over time: what a metric was lately, which way it goes, and how near it is to its limit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import combinations, pairwise
from statistics import median

from bot.domain.units import Weight

FEW = 4
"""With fewer numbers nobody can tell a direction."""
AGREED = 0.5
"""Kendall's tau from which on later numbers count as higher, or lower, than earlier ones."""
NOTHING = 0.001
"""A change smaller than this part of the numbers themselves is none."""


@dataclass(frozen=True, slots=True)
class Point:
    """A metric at a time; `value` is None where there was no data."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Shift:
    """When a weight was confirmed."""

    at: datetime
    weight: Weight


@dataclass(frozen=True, slots=True)
class History:
    """What was measured for a rollout, by metric, oldest first, and when its weight changed."""

    points: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    shifts: Sequence[Shift] = ()

    def values(self, metric: str) -> list[float | None]:
        return [point.value for point in self.points.get(metric, ())]


NO_HISTORY = History()


class Direction(StrEnum):
    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


def direction(values: Sequence[float | None]) -> Direction | None:
    """Which way numbers go, oldest first; None for too few of them.

    By the order of all pairs (Kendall's tau), so that neither one outlier nor the metric's size decides.
    """
    numbers = measured(values)
    if len(numbers) < FEW:
        return None
    pairs = [(later > earlier) - (later < earlier) for earlier, later in combinations(numbers, 2)]
    third = max(len(numbers) // 3, 1)
    first, last = median(numbers[:third]), median(numbers[-third:])
    if abs(last / 2 - first / 2) <= NOTHING * max(map(abs, numbers)) / 2:
        return Direction.STEADY
    tau = sum(pairs) / len(pairs)
    if abs(tau) < AGREED:
        return Direction.STEADY
    return Direction.RISING if tau > 0 else Direction.FALLING


def measured(values: Sequence[float | None]) -> list[float]:
    """The finite numbers among them."""
    return [value for value in values if value is not None and math.isfinite(value)]


def room(value: float, limit: float, *, above: bool, unit: str = "") -> float:
    """How much of the way to its limit is left: 1 is as far as can be, 0 at the limit, less than 0 beyond it.

    `above`: the value should stay above the limit. A percentage can't be better than 100.
    """
    if not above:
        return (limit - value) / (abs(limit) or 1.0)
    best = 100.0 if unit == "percent" and limit < 100.0 else limit + (abs(limit) or 1.0)
    return (value - limit) / (best - limit)


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most `most` points, highs and lows kept: of each stretch the lowest and the highest; a gap where nothing was.

    Raises ValueError for `most` under 2.
    """
    if most < 2:
        raise ValueError("a line needs two points")
    if len(points) <= most:
        return list(points)
    stretches = most // 2
    edges = [index * len(points) // stretches for index in range(stretches + 1)]
    kept: list[Point] = []
    for begin, end in pairwise(edges):
        kept += _extremes(points[begin:end])
    return kept


def _extremes(stretch: Sequence[Point]) -> list[Point]:
    known = [point for point in stretch if point.value is not None]
    if not known:
        return [stretch[0]]
    ends = {min(known, key=_height), max(known, key=_height)}
    return sorted(ends, key=lambda point: point.at)


def _height(point: Point) -> float:
    return point.value if point.value is not None else math.nan
