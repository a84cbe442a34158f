"""Before anything moves: every source is asked once, the kill rehearsed, baselines taken (X5, X3).

Red stops the start; nothing has changed then. A metric that merely has no samples yet is not red: before its first
percent a canary serves nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.machine import State
from bot.domain.measurements import Measurement, Missing, NoData
from bot.domain.plan import BaselineSpec, Plan
from bot.domain.readings import baseline
from bot.domain.rollout import BaselineValue, Rollout
from bot.domain.units import ZERO, spell_duration
from bot.engine.equipment import Gear
from bot.engine.gather import Round, baseline_metrics
from bot.engine.rehearsal import CALL_S, Rehearsal, rehearse
from bot.ports import KillFiles, OutsideFault, Traffic

RED = frozenset({Missing.TIMEOUT, Missing.UNREACHABLE, Missing.REFUSED, Missing.GARBAGE, Missing.PARTIAL})


@dataclass(frozen=True, slots=True)
class Report:
    """What preflight found. `pending` names baselines that need more time; `notes` is shown and kept."""

    red: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    baselines: Mapping[str, BaselineValue] = field(default_factory=dict)
    rehearsed: Rehearsal = field(default_factory=Rehearsal)


async def preflight(rollout: Rollout, plan: Plan, gear: Gear, round: Round, files: KillFiles) -> Report:
    """Try everything without changing anything. Never raises for what a far side does."""
    async with asyncio.TaskGroup() as group:
        rehearsing = group.create_task(rehearse(gear, files))
        traffic = [group.create_task(_at_zero(each)) for each in gear.traffic]
        metrics = group.create_task(round.metrics(plan, gear.sources, plan.metrics))
    measured, rehearsed = metrics.result(), rehearsing.result()
    taken = {
        name: await _baseline(rollout, plan, gear, round, name)
        for name in sorted(baseline_metrics(plan))
        if name not in rollout.baselines
    }
    red = [*rehearsed.faults, *(task.result() for task in traffic), *_red(plan, measured)]
    return Report(
        red=tuple(dict.fromkeys(line for line in red if line)),
        notes=tuple(_notes(measured)),
        pending=tuple(f"{name}: {value}" for name, value in taken.items() if isinstance(value, NoData)),
        baselines={**rollout.baselines, **{name: v for name, v in taken.items() if isinstance(v, BaselineValue)}},
        rehearsed=rehearsed,
    )


def patience(plan: Plan) -> timedelta:
    """How long preflight may wait for baselines: the longest window, and the plan's patience with missing data."""
    spans = [metric.baseline.before_start for metric in plan.metrics.values() if metric.baseline]
    return max((span for span in spans if span), default=timedelta(0)) + plan.no_data.after


async def _at_zero(traffic: Traffic) -> str:
    try:
        async with asyncio.timeout(CALL_S):
            state = await traffic.read()
    except (TimeoutError, OutsideFault):
        # The rehearsal says it already.
        return ""
    if state.weight > ZERO:
        return f"traffic {traffic.target} is already at {state.weight}: set it to 0% first, a start begins from nothing"
    return ""


def _red(plan: Plan, measured: Mapping[str, Measurement]) -> list[str]:
    """Sources that fail; and the metric that confirms a weight must be there before there is any."""
    return [
        f"metric {name}: {value}"
        for name, value in measured.items()
        if isinstance(value, NoData) and (value.missing in RED or name == plan.confirm.metric)
    ]


def _notes(measured: Mapping[str, Measurement]) -> Sequence[str]:
    return [f"{name}: {value}" for name, value in measured.items() if isinstance(value, NoData)]


async def _baseline(rollout: Rollout, plan: Plan, gear: Gear, round: Round, name: str) -> BaselineValue | NoData:
    spec = plan.metrics[name].baseline
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
    median = baseline(answer, spec, round.now)
    if isinstance(median, NoData):
        return median
    value, samples = median
    return BaselineValue(value=value, samples=samples, taken_at=round.now, how=how)


async def take_stage_baselines(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Rollout:
    """Baselines that a plan takes in a named stage: measured anew while that stage bakes, frozen when it's left."""
    stage = plan.stages[rollout.stage]
    labels = {stage.name, str(stage.weight)}
    wanted = [
        name
        for name in sorted(baseline_metrics(plan))
        if (spec := plan.metrics[name].baseline) is not None and spec.stage in labels
    ]
    if not wanted or rollout.state is not State.BAKING or rollout.shifted_at is None:
        return rollout
    how = f"median of the stage at {stage.weight}"
    taken = {name: await take_baseline(plan, gear, round, name, rollout.shifted_at, round.now, how) for name in wanted}
    good = {name: value for name, value in taken.items() if isinstance(value, BaselineValue)}
    return rollout.but(baselines={**rollout.baselines, **good})
