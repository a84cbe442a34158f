"""One check of one rollout: gather, decide. Returns the step; the tick commits it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.checks import Facts, Moment, judge, tally, unheld
from bot.domain.conditions import Condition
from bot.domain.diagnosing import noted
from bot.domain.kinds import Kinds
from bot.domain.looks import STEADY, Look
from bot.domain.machine import State
from bot.domain.measurements import Measurement, NoData
from bot.domain.moments import scheduled
from bot.domain.objectives import seen, seen_again
from bot.domain.observing import observe
from bot.domain.plan import Plan
from bot.domain.planning.settle import settle_of
from bot.domain.progress import progress
from bot.domain.rollout import Check, Rollout, Verdict
from bot.domain.steps import Step
from bot.domain.units import Weight
from bot.domain.versions import bound
from bot.engine.baselines import take_stage_baselines
from bot.engine.equipment import Gear
from bot.engine.gather import Round, has_sides, needs_stable
from bot.engine.ledger import new_id
from bot.engine.objectives import spent
from bot.engine.versions import read_version
from bot.ports import OutsideFault, Traffic

READ_S = 10.0
"""A check waits no longer than this for a traffic target; the next one asks again."""


async def check(
    rollout: Rollout, plan: Plan, gear: Gear, round: Round, kinds: Kinds
) -> tuple[Step, Mapping[str, Measurement]]:
    """Look once and say what follows, with everything that was measured."""
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(_weight(rollout, gear.traffic))
        mirroring = group.create_task(_mirror(rollout, gear.mirrors))
        gathering = group.create_task(_facts(rollout, plan, gear, round))
        versioning = group.create_task(read_version(plan, gear, round))
    facts, sight, mirror = gathering.result(), reading.result(), mirroring.result()
    # A mirror that can't be read is a target that can't: nothing goes on unseen.
    unseen = bool(mirror.unread) and sight.weight == rollout.confirmed
    rollout = await take_stage_baselines(rollout, plan, gear, round)
    stage = plan.stages[rollout.stage]
    shifted_at = round.now if rollout.state is State.SHIFTING else rollout.shifted_at or round.now
    moment = Moment(round.now, shifted_at, settle_of(stage, plan, kinds), plan.every.check)
    judged, streaks = judge(plan, rollout.stage, facts, rollout.streaks, moment)
    found = bound(judged, rollout, versioning.result())
    look = Look(
        now=round.now,
        id=new_id(),
        check=found,
        streaks=streaks,
        tallies=facts.tallies,
        version=versioning.result(),
        weight=None if unseen else sight.weight,
        mirror=mirror.weight,
        unread=(*sight.unread, *mirror.unread),
        targets=sight.targets,
        stable=await _stable(rollout, plan, gear, round) if found.verdict is Verdict.BREACH else {},
        few={name: value for name, value in facts.canary.items() if isinstance(value, NoData) and value.wanted},
        complete_fails=tuple(unheld(plan.complete_when, plan, facts, round.now)),
    )
    step = observe(rollout, plan, look) if rollout.mode == "observe" else progress(rollout, plan, look)
    return noted(scheduled(step, plan, round.now), plan, found, round.now, look.id), facts.canary


async def glimpse(
    rollout: Rollout, plan: Plan, gear: Gear, round: Round, kinds: Kinds
) -> tuple[Check, Mapping[str, Measurement]]:
    """Ask everything now, for somebody who wants to see it. No check: nothing is counted, kept or decided."""
    facts = await _facts(rollout, plan, gear, round, budgets=False)
    settle = settle_of(plan.stages[rollout.stage], plan, kinds)
    moment = Moment(round.now, rollout.shifted_at or round.now, settle, plan.every.check)
    judged, _ = judge(plan, rollout.stage, facts, rollout.streaks, moment)
    return bound(judged, rollout, await read_version(plan, gear, round)), facts.canary


async def _facts(rollout: Rollout, plan: Plan, gear: Gear, round: Round, *, budgets: bool = True) -> Facts:
    """All that conditions look at. Without `budgets`, what the last check knew of them: whole windows cost much."""
    conditions = _conditions(plan, rollout.stage)
    async with asyncio.TaskGroup() as group:
        measuring = group.create_task(round.metrics(plan, gear.sources, plan.metrics))
        spending = group.create_task(spent(rollout, plan, gear, round)) if budgets and plan.slos else None
    canary = measuring.result()
    sided = [name for name in needs_stable(conditions) if has_sides(plan, name)]
    return Facts(
        canary=canary,
        stable=await round.metrics(plan, gear.sources, sided, "stable"),
        ago=await round.ago(plan, gear.sources, conditions),
        baselines=rollout.baselines,
        tallies=tally(rollout.tallies, plan, canary) if rollout.state in STEADY else rollout.tallies,
        slos=seen(plan, canary, spending.result(), round.now)
        if spending is not None
        else seen_again(plan, canary, rollout.check.slos if rollout.check else (), round.now),
    )


async def _stable(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Mapping[str, Measurement]:
    """The other side of the metrics that triggers speak of: is the stable side as bad?"""
    names = {rule.condition.subject.name for rule in plan.stages[rollout.stage].rollback_when}
    sided = [name for name in names if name in plan.metrics and has_sides(plan, name)]
    return await round.metrics(plan, gear.sources, sided, "stable")


def _conditions(plan: Plan, index: int) -> Sequence[Condition]:
    return [*plan.stages[index].conditions, *(rule.condition for rule in plan.complete_when)]


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be seen of the weight in force."""

    weight: Weight | None = None
    unread: tuple[str, ...] = ()
    targets: tuple[tuple[str, float], ...] = ()
    """Of several, each that could be read, in percent."""


async def _weight(rollout: Rollout, traffic: Sequence[Traffic]) -> Sight:
    """The weight in force; of several targets one that isn't as recorded, the highest first. None while one moves."""
    if rollout.state not in STEADY or rollout.intent is not None:
        return Sight()
    return await _seen(traffic, rollout.confirmed)


async def _mirror(rollout: Rollout, mirrors: Sequence[Traffic]) -> Sight:
    """The share that is mirrored, in the same way; none where the plan mirrors nothing."""
    if rollout.state not in STEADY or rollout.intent is not None or rollout.mode == "observe":
        return Sight()
    return await _seen(mirrors, rollout.mirror)


async def _seen(targets: Sequence[Traffic], recorded: Weight) -> Sight:
    found = await asyncio.gather(*(_read(each) for each in targets))
    weights = [each for each in found if isinstance(each, Weight)]
    unread = tuple(each for each in found if isinstance(each, str))
    each = [(one.target, seen.percent) for one, seen in zip(targets, found, strict=True) if isinstance(seen, Weight)]
    told = tuple(each) if len(targets) > 1 else ()
    above, below = max(weights, default=None), min(weights, default=None)
    if above is not None and above > recorded:
        return Sight(above, unread, told)
    if below is not None and below < recorded:
        return Sight(below, unread, told)
    return Sight(None if unread else above, unread)


async def _read(traffic: Traffic) -> Weight | str:
    """A target's weight, or why it can't be read."""
    try:
        async with asyncio.timeout(READ_S):
            return (await traffic.read()).weight
    except TimeoutError:
        return f"{traffic.target}: no answer in {READ_S:g} s"
    except OutsideFault as fault:
        return f"{traffic.target}: {fault}"
