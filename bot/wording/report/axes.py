"""Sensible ticks: round numbers for values, round times of day for the time, and the scale between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from bot.wording.report.pieces import Figure, Limit

TICKS, MOMENTS = 4, 6
_STEPS = (1, 2, 2.5, 5, 10)
_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3600, 86400
_PACES = (
    *(_SECOND * number for number in (1, 2, 5, 10, 15, 30)),
    *(_MINUTE * number for number in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * number for number in (1, 2, 3, 6, 12)),
    *(_DAY * number for number in (1, 2, 7, 14, 28)),
)
WHOLE = 100.0
MOST = 4.0
"""A limit further away than this many times the values' own span is told at the edge, not drawn in."""
EDGE = 0.06


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to a share of the height, 0 at the bottom and 1 at the top."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Beyond the scale: beyond 0 to 1, but never far."""
        # Halves: the distance of two huge numbers may be none.
        reach = self.high / 2 - self.low / 2
        return min(max((value / 2 - self.low / 2) / reach, -1.0), 2.0) if reach > 0 else 0.5

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def scale_of(figure: Figure) -> Scale:
    """Room for all values and for the limits that are near enough; what can't be under 0 or over 100 % isn't."""
    values = [value for run in figure.runs for _, value in run]
    if figure.steps:
        return Scale(0.0, 100.0 * (1 + EDGE))
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = high - low or abs(high) or 1.0
    near = [limit.value for limit in figure.limits if low - MOST * span <= limit.value <= high + MOST * span]
    near += _nearest(figure.limits, low, high) if not near else []
    ends = [low, high, *near]
    low, high = min(ends), max(ends)
    edge = (high / 2 - low / 2) * 2 * EDGE or abs(high) * EDGE or 1.0
    below, above = (any(far(limit.value) for limit in figure.limits) for far in (low.__gt__, high.__lt__))
    # Where the name of a limit stands that isn't drawn itself.
    bottom, top = low - edge * (3.5 if below else 1.5), high + edge * (3.5 if above else 2)
    if not (math.isfinite(bottom) and math.isfinite(top)):
        return Scale(low, high)
    bottom = max(bottom, 0.0) if low >= 0 and bottom < 0 else bottom
    if figure.unit == "percent" and high <= 100.0 < top:
        top = 100.0 + (100.0 - bottom) * EDGE
    return Scale(bottom, top)


def _nearest(limits: Sequence[Limit], low: float, high: float) -> list[float]:
    """Where all are far away, the nearest is drawn all the same: a line without its limit says nothing."""
    far = [limit.value for limit in limits if limit.role != "baseline"]
    return sorted(far, key=lambda value: max(low - value, value - high))[:1]


def ticks(scale: Scale, unit: str = "", most: int = TICKS) -> list[float]:
    """Round numbers inside the scale, `most` of them or so; counts are whole, percentages not beyond 100."""
    reach = scale.high - scale.low
    if not math.isfinite(reach) or reach <= 0:
        return [scale.low]
    size = 10.0 ** math.floor(math.log10(reach / most)) if reach / most > 0 else 0.0
    step = next((size * times for times in _STEPS if size and reach / (size * times) <= most), 0.0)
    if not step or not math.isfinite(scale.high / step):
        return [scale.low]
    first = math.ceil(scale.low / step)
    found = [number * step for number in range(first, first + most + 1)]
    shown = [round(value, 12) for value in found if scale.low <= value <= scale.high]
    if unit == "percent" and scale.high < 2 * WHOLE:
        return [value for value in shown if value <= WHOLE]
    return [value for value in shown if value == int(value)] if unit == "count" and step < 1 else shown


def moments(begin: datetime, end: datetime, zone: tzinfo | None, most: int = MOMENTS) -> list[tuple[datetime, str]]:
    """Round times of day in the zone, with how they are written there."""
    reach = (end - begin).total_seconds()
    if reach <= 0:
        return []
    pace = next((pace for pace in _PACES if reach / pace <= most), _PACES[-1])
    local = begin.astimezone(zone or UTC)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = math.ceil((local - midnight).total_seconds() / pace)
    found: list[tuple[datetime, str]] = []
    for number in range(first, first + most + 1):
        # Wall clock: over a change to summer time the hours stay round.
        at = midnight + timedelta(seconds=number * pace)
        if begin <= at <= end:
            found.append((at.astimezone(UTC), _spelled(at, pace, reach)))
    return found


def _spelled(at: datetime, pace: float, reach: float) -> str:
    if pace >= _DAY:
        return f"{at:%m-%d}"
    clock = f"{at:%H:%M:%S}" if pace < _MINUTE else f"{at:%H:%M}"
    return f"{at:%m-%d} {clock}" if reach > _DAY else clock
