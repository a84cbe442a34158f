"""Minimum samples: how many are lacking, and when they will be there at the present rate (X1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.domain.measurements import NoData
from bot.domain.value import Value

KEPT = 10
"""So many counts show the present rate: an old one would tell of traffic that is no more."""


class Count(Value):
    """How many samples a source had seen at a time."""

    at: datetime
    seen: float


class Samples(Value):
    """A metric with too few samples so far: how many are wanted, and the newest counts, oldest first."""

    wanted: float
    counts: tuple[Count, ...]


def counted_on(before: Mapping[str, Samples], few: Mapping[str, NoData]) -> dict[str, Samples]:
    """What a check found too few of, beside the counts of the checks before; a metric that has enough is forgotten."""
    return {name: _after(before.get(name), found) for name, found in few.items() if found.wanted is not None}


def _after(before: Samples | None, found: NoData) -> Samples:
    count = Count(at=found.at, seen=found.seen or 0.0)
    known = before.counts if before is not None else ()
    # A count that fell began anew: what came before it says nothing about the rate.
    grown = known if known and known[-1].seen <= count.seen else ()
    return Samples(wanted=found.wanted or 0.0, counts=(*grown, count)[-KEPT:])


def lacking(samples: Samples) -> float:
    """How many more are needed."""
    return max(samples.wanted - samples.counts[-1].seen, 0.0)


def enough_by(samples: Samples) -> datetime | None:
    """When there will be enough if they go on coming as they do; None where that can't be told yet, or never will."""
    first, last = samples.counts[0], samples.counts[-1]
    came = last.seen - first.seen
    if came <= 0:
        return None
    return last.at + (last.at - first.at) * (lacking(samples) / came)
