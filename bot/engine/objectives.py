"""Which share of each SLO's windows was bad: asked of the source that counts its events, or of what Perch measured.

What Perch measured is that of all rollouts of a service that have the same SLO: they share its budget (X11).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.badness import Bad, of_events, of_measurements
from bot.domain.evidence import canonical
from bot.domain.measurements import Measurement, Missing, NoData
from bot.domain.objectives import Spent, source_of, windows
from bot.domain.plan import Metric, Plan
from bot.domain.readings import measure
from bot.domain.rollout import Rollout
from bot.domain.trends import Point
from bot.domain.units import Unit
from bot.engine.equipment import Gear
from bot.engine.gather import Remembered, Round
from bot.engine.kept import LONGEST, again_after
from bot.ports import Answer, Rollouts, StoreAway

MOST = 25_000
"""So many measurements of a rollout are read for a budget: more than two weeks of checks a minute apart."""
NEWEST = 200
"""So many rollouts are looked through for those that share a budget, besides the live ones."""
_EVENTS = Metric(source="", unit=Unit.COUNT)
"""How a count of events is read: one number, not too old."""


async def spent(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Spent:
    """The bad share of every window that the plan's SLOs are about. Never raises for what a far side does."""
    wanted = [(name, window) for name in plan.slos for window in windows(plan, name)]
    found = await asyncio.gather(*(_bad(rollout, plan, gear, round, name, window) for name, window in wanted))
    bads: dict[str, dict[timedelta, Bad]] = {name: {} for name in plan.slos}
    for (name, window), bad in zip(wanted, found, strict=True):
        bads[name][window] = bad
    return bads


async def _bad(rollout: Rollout, plan: Plan, gear: Gear, round: Round, name: str, window: timedelta) -> Bad:
    if plan.slos[name].counts_events:
        return await bad_events(plan, gear, round, name, window)
    return await _bad_time(rollout, plan, round, name, window)


async def bad_events(plan: Plan, gear: Gear, round: Round, name: str, window: timedelta) -> Bad:
    """Of the events that an SLO's source counts."""
    slo, source = plan.slos[name], gear.events[name]
    part = source_of(plan, slo)
    if part is None:
        return NoData(Missing.NOT_ASKED, "the plan doesn't say where", round.now)
    answers = await asyncio.gather(*(round.over(plan, source, part, ask, window) for ask in slo.asks(window)))
    good, total = (_count(answer, at) for answer, at in answers)
    return of_events(good, total, round.now)


def _count(answer: Answer, at: datetime) -> Measurement:
    return measure(_EVENTS, answer, at)


# ---- what Perch measured --------------------------------------------------------------------------------------------


async def _bad_time(rollout: Rollout, plan: Plan, round: Round, name: str, window: timedelta) -> Bad:
    remembered = round.remembered
    if remembered is None:
        return NoData(Missing.NOT_ASKED, "", round.now)

    async def read() -> Bad:
        return await _read(rollout, plan, round, remembered, name, window)

    whose = (rollout.service, rollout.environment, name, canonical(_definition(plan, name)))
    try:
        return (await round.kept.get(("measured", whose, window), round.now, again_after(window), read))[0]
    except StoreAway as away:
        # The check goes on: what it finds may be urgent (law 2).
        return NoData(Missing.NOT_ASKED, str(away), round.now)


async def _read(
    rollout: Rollout, plan: Plan, round: Round, remembered: Remembered, name: str, window: timedelta
) -> Bad:
    slo, check = plan.slos[name], plan.every.check
    metric = slo.metric or ""
    most = min(MOST, math.ceil(window / check) + 1)
    points: list[Point] = []
    for id in await _sharing(rollout, plan, round, remembered, name, window):
        points += (await remembered.histories.newest(id, [metric], most)).get(metric, ())
    points.sort(key=lambda point: point.at)
    return of_measurements(slo, plan.metrics[metric].unit, points, window, check, round.now)


async def _sharing(
    rollout: Rollout, plan: Plan, round: Round, remembered: Remembered, name: str, window: timedelta
) -> Sequence[str]:
    """This rollout, and those of its service that had the same SLO in this window."""
    known, _ = await round.kept.get(("rollouts",), round.now, LONGEST, lambda: _known(remembered.rollouts))
    since, found = round.now - window, [rollout.id]
    for each in known:
        same = (each.service, each.environment) == (rollout.service, rollout.environment) and each.id != rollout.id
        lately = each.ended_at is None or each.ended_at > since
        if same and lately and await _has_it_too(each, remembered, plan, name):
            found.append(each.id)
    return found


async def _known(rollouts: Rollouts) -> Sequence[Rollout]:
    """The live ones, and the newest of all."""
    return tuple({each.id: each for each in (*await rollouts.live(), *await rollouts.latest("", NEWEST))}.values())


async def _has_it_too(other: Rollout, remembered: Remembered, plan: Plan, name: str) -> bool:
    try:
        theirs = await remembered.plan_of(other)
    except (ValueError, LookupError):
        # A plan that this Perch can't read has no part in it.
        return False
    return name in theirs.slos and _definition(theirs, name) == _definition(plan, name)


def _definition(plan: Plan, name: str) -> Mapping[str, object]:
    """What makes an SLO the same in two plans: its own words, and how its metric is asked."""
    slo = plan.slos[name]
    metric = plan.metrics[slo.metric] if slo.metric is not None else None
    if metric is None:
        return {"slo": str(slo)}
    source = plan.sources.get(metric.source) if isinstance(metric.source, str) else metric.source
    return {
        "slo": str(slo),
        "source": source.model_dump(mode="json") if source is not None else None,
        "ask": dict(metric.ask),
        "unit": metric.unit.value,
        "sides": dict(plan.sides),
    }
