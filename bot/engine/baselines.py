"""Take baselines: medians of a metric over a time, frozen with the rollout (R5).

From before the start they are asked of the source. In a named stage, and of the last rollout, the source is asked as
well where it can be; otherwise they come from what Perch itself measured.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from bot.domain.machine import State
from bot.domain.measurements import Missing, NoData
from bot.domain.plan import BaselineSpec, Plan
from bot.domain.readings import baseline
from bot.domain.rollout import BaselineValue, Rollout
from bot.domain.units import spell_duration
from bot.engine.equipment import Gear
from bot.engine.gather import Round, baseline_metrics
from bot.engine.rehearsal import CALL_S
from bot.ports import Answer, Sample, StoreAway

NEWEST = 720
"""Of what Perch measured itself the newest are taken: half a day of checks a minute apart."""
EARLIER = 20
"""So many rollouts of a plan are looked through for one that was completed."""


async def first_baseline(rollout: Rollout, plan: Plan, gear: Gear, round: Round, name: str) -> BaselineValue | NoData:
    """A metric's baseline as its plan wants it before the start."""
    spec = plan.metrics[name].baseline
    if spec is not None and spec.previous:
        return await _of_the_previous(rollout, plan, round, name, spec)
    if spec is None or spec.stage is not None:
        return BaselineValue(value=None, samples=0, taken_at=round.now, how="taken in a later stage")
    start, end, how = _window(spec, round.now)
    return await take_baseline(plan, gear, round, name, start, end, how)


def _window(spec: BaselineSpec, now: datetime) -> tuple[datetime, datetime, str]:
    if spec.ago is not None:
        return (
            now - spec.ago - spec.over,
            now - spec.ago,
            f"median of {spell_duration(spec.over)}, {spell_duration(spec.ago)} before the start",
        )
    span = spec.before_start or spec.over
    return now - span, now, f"median of the {spell_duration(span)} before the start"


async def take_baseline(
    plan: Plan, gear: Gear, round: Round, name: str, start: datetime, end: datetime, how: str
) -> BaselineValue | NoData:
    """The median of a metric between two times, where there are samples enough."""
    metric, spec = plan.metrics[name], plan.metrics[name].baseline
    if spec is None:
        return NoData(Missing.NO_BASELINE, "the plan says nothing of one", round.now)
    side = "stable" if "stable" in plan.sides else "canary"
    try:
        async with asyncio.timeout(CALL_S):
            answer = await gear.sources[name].history(round.question(plan, metric, side), start, end)
    except TimeoutError:
        return NoData(Missing.TIMEOUT, f"no answer in {CALL_S:g} s", round.now)
    return _median(answer, spec, round.now, how)


def _median(answer: Answer, spec: BaselineSpec, now: datetime, how: str) -> BaselineValue | NoData:
    median = baseline(answer, spec, now)
    if isinstance(median, NoData):
        return median
    value, samples = median
    return BaselineValue(value=value, samples=samples, taken_at=now, how=how)


async def take_stage_baselines(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Rollout:
    """Baselines that a plan takes in a named stage: measured anew while that stage bakes, frozen when it's left."""
    stage = plan.stages[rollout.stage]
    labels = {stage.name, str(stage.weight)}
    wanted = [
        name
        for name in sorted(baseline_metrics(plan))
        if (spec := plan.metrics[name].baseline) is not None and spec.stage is not None and spec.stage in labels
    ]
    if not wanted or rollout.state is not State.BAKING or rollout.shifted_at is None:
        return rollout
    how = f"median of the stage at {stage.weight}"
    taken = {name: await _of_the_stage(rollout, plan, gear, round, name, how) for name in wanted}
    good = {name: value for name, value in taken.items() if isinstance(value, BaselineValue)}
    return rollout.but(baselines={**rollout.baselines, **good})


async def _of_the_stage(
    rollout: Rollout, plan: Plan, gear: Gear, round: Round, name: str, how: str
) -> BaselineValue | NoData:
    since = rollout.shifted_at or round.now
    if round.reaches(plan, name, round.now - since):
        return await take_baseline(plan, gear, round, name, since, round.now, how)
    spec = plan.metrics[name].baseline
    found = await _measured(round, rollout.id, name, since, round.now)
    return _median(found, spec, round.now, how) if spec is not None else NoData(Missing.NO_BASELINE, "", round.now)


# ---- what Perch measured itself -------------------------------------------------------------------------------------


async def _of_the_previous(
    rollout: Rollout, plan: Plan, round: Round, name: str, spec: BaselineSpec
) -> BaselineValue | NoData:
    """The end of the last rollout that was completed. Without one there is no baseline, and nobody waits for it."""
    earlier = await _completed(rollout, round)
    if isinstance(earlier, NoData):
        return earlier
    if earlier is None or earlier.ended_at is None:
        return BaselineValue(value=None, samples=0, taken_at=round.now, how="no earlier rollout was completed")
    how = f"median of the last {spell_duration(spec.over)} of {earlier.id}"
    found = await _measured(round, earlier.id, name, earlier.ended_at - spec.over, earlier.ended_at)
    taken = _median(found, spec, round.now, how)
    if isinstance(taken, NoData):
        return BaselineValue(value=None, samples=0, taken_at=round.now, how=f"{earlier.id} has {taken.detail}")
    return taken


async def _completed(rollout: Rollout, round: Round) -> Rollout | NoData | None:
    if round.remembered is None:
        return None
    try:
        latest = await round.remembered.rollouts.latest(rollout.plan, EARLIER, rollout.environment)
    except StoreAway as away:
        return NoData(Missing.NO_BASELINE, str(away), round.now)
    ended = (each for each in latest if each.state is State.COMPLETED and each.mode == "live")
    return next((each for each in ended if each.id != rollout.id), None)


async def _measured(round: Round, rollout: str, name: str, start: datetime, end: datetime) -> Answer:
    """What checks measured of a metric between two times."""
    if round.remembered is None:
        return NoData(Missing.NO_BASELINE, "nothing was kept", round.now)
    try:
        points = (await round.remembered.histories.newest(rollout, [name], NEWEST)).get(name, ())
    except StoreAway as away:
        # The check goes on: what it finds may be urgent (law 2).
        return NoData(Missing.NO_BASELINE, str(away), round.now)
    late = end + timedelta(seconds=1)
    return tuple(Sample(each.value, each.at) for each in points if each.value is not None and start <= each.at <= late)
