"""Which share of a window was bad: by its events, or by what was measured in it. Too little of either is no data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.domain.planning.slos import Slo
from bot.domain.slos import badness
from bot.domain.trends import Point
from bot.domain.units import Unit, spell_duration

GAP = 2
"""A measurement stands for the time until the next one, but for no longer than this many usual looks."""
COVERED = 0.5
"""The part of a window that must have been measured: of less, nobody can say how the whole was."""
ALMOST = 0.01
"""Good events may be counted as so much more than all: a source extrapolates the two apart from each other."""

Bad = float | NoData
"""The bad share of a window, 0 to 1, or why nobody knows."""


def of_events(good: Measurement, total: Measurement, now: datetime) -> Bad:
    """The bad share of the events of a window; without events there is none."""
    for what, count in (("good", good), ("total", total)):
        if isinstance(count, NoData):
            return NoData(count.missing, f"{what}: {count.detail}", count.at)
    if not (isinstance(good, Measured) and isinstance(total, Measured)):
        raise TypeError("a measurement is a number or no data")
    if total.value == 0:
        return NoData(Missing.EMPTY, "no events in this window", now)
    if good.value < 0 or total.value < 0 or good.value > total.value * (1 + ALMOST):
        return NoData(Missing.GARBAGE, f"{good.value:g} good of {total.value:g} can't be", now)
    return max(0.0, 1 - good.value / total.value)


# ---- what Perch measured itself -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Over:
    """What measurements say of a time: the mean of their badness by time, and how much of it was measured."""

    bad: float
    measured: timedelta


def over(slo: Slo, unit: Unit, points: Sequence[Point], check: timedelta) -> Over | None:
    """The bad share over the time that was measured, oldest first; None without any. No data counts for nothing."""
    spans = list(lasting(points, check))
    whole = sum(seconds for _, seconds in spans)
    if not whole:
        return None
    bad = sum(badness(slo, value, unit) * seconds for value, seconds in spans)
    return Over(min(bad / whole, 1.0), timedelta(seconds=whole))


def of_measurements(
    slo: Slo, unit: Unit, points: Sequence[Point], window: timedelta, check: timedelta, now: datetime
) -> Bad:
    """The bad share of a window by what was measured in it; NoData where that is less than half of the window."""
    found = over(slo, unit, [point for point in points if now - window <= point.at <= now], check)
    measured = found.measured if found is not None else timedelta(0)
    if found is None or measured < COVERED * window:
        detail = f"{spell_duration(measured)} of {spell_duration(window)} were measured"
        return NoData(Missing.FEW_SAMPLES, detail, now)
    return found.bad


def lasting(points: Sequence[Point], check: timedelta) -> Iterator[tuple[float, float]]:
    """Each finite value with the seconds that it counts for; the last one for one check."""
    longest = GAP * max(check.total_seconds(), rhythm(points))
    ends = [*(later.at - point.at for point, later in pairwise(points)), check]
    for point, length in zip(points, ends, strict=False):
        if point.value is not None and math.isfinite(point.value):
            yield point.value, min(max(length.total_seconds(), 0.0), longest)


def rhythm(points: Sequence[Point]) -> float:
    """The usual time between two looks, in seconds."""
    return median([(later.at - point.at).total_seconds() for point, later in pairwise(points)] or [0.0])
