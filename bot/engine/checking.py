"""One check of one rollout: gather, decide. Returns the step; the tick commits it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.checks import Facts, Moment, judge, tally, unheld
from bot.domain.conditions import Condition
from bot.domain.kinds import Kinds
from bot.domain.looks import STEADY, Look
from bot.domain.machine import State
from bot.domain.measurements import Measurement
from bot.domain.moments import scheduled
from bot.domain.moves import Step
from bot.domain.plan import Plan
from bot.domain.planning.settle import settle_of
from bot.domain.progress import progress
from bot.domain.rollout import Rollout, Verdict
from bot.domain.units import Weight
from bot.engine.equipment import Gear
from bot.engine.gather import Round, has_sides, needs_stable
from bot.engine.ledger import new_id
from bot.engine.preflight import take_stage_baselines
from bot.ports import OutsideFault, Traffic

READ_S = 10.0
"""A check waits no longer than this for a traffic target; the next one asks again."""


async def check(
    rollout: Rollout, plan: Plan, gear: Gear, round: Round, kinds: Kinds
) -> tuple[Step, Mapping[str, Measurement]]:
    """Look once and say what follows, with everything that was measured."""
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(_weight(rollout, gear.traffic))
        gathering = group.create_task(_facts(rollout, plan, gear, round))
    facts = gathering.result()
    rollout = await take_stage_baselines(rollout, plan, gear, round)
    stage = plan.stages[rollout.stage]
    shifted_at = round.now if rollout.state is State.SHIFTING else rollout.shifted_at or round.now
    moment = Moment(round.now, shifted_at, settle_of(stage, plan, kinds), plan.every.check)
    seen, streaks = judge(plan, rollout.stage, facts, rollout.streaks, moment)
    look = Look(
        now=round.now,
        id=new_id(),
        check=seen,
        streaks=streaks,
        tallies=facts.tallies,
        weight=reading.result().weight,
        unread=reading.result().unread,
        stable=await _stable(rollout, plan, gear, round) if seen.verdict is Verdict.BREACH else {},
        complete_fails=tuple(unheld(plan.complete_when, plan, facts, round.now)),
    )
    return scheduled(progress(rollout, plan, look), plan, round.now), facts.canary


async def _facts(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Facts:
    conditions = _conditions(plan, rollout.stage)
    canary = await round.metrics(plan, gear.sources, plan.metrics)
    sided = [name for name in needs_stable(conditions) if has_sides(plan, name)]
    return Facts(
        canary=canary,
        stable=await round.metrics(plan, gear.sources, sided, "stable"),
        ago=await round.ago(plan, gear.sources, conditions),
        baselines=rollout.baselines,
        tallies=tally(rollout.tallies, plan, canary) if rollout.state in STEADY else rollout.tallies,
    )


async def _stable(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Mapping[str, Measurement]:
    """The other side of the metrics that triggers speak of: is the stable side as bad?"""
    names = {rule.condition.subject.name for rule in plan.stages[rollout.stage].rollback_when}
    sided = [name for name in names if name in plan.metrics and has_sides(plan, name)]
    return await round.metrics(plan, gear.sources, sided, "stable")


def _conditions(plan: Plan, index: int) -> Sequence[Condition]:
    stage = plan.stages[index]
    rules = (*stage.promote_when, *stage.warn_unless, *stage.rollback_when, *plan.complete_when)
    return [rule.condition for rule in rules]


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be seen of the weight in force."""

    weight: Weight | None = None
    unread: tuple[str, ...] = ()


async def _weight(rollout: Rollout, traffic: Sequence[Traffic]) -> Sight:
    """The weight in force; of several targets one that isn't as recorded, the highest first. None while one moves."""
    if rollout.state not in STEADY or rollout.intent is not None:
        return Sight()
    found = await asyncio.gather(*(_read(each) for each in traffic))
    weights = [each for each in found if isinstance(each, Weight)]
    unread = tuple(each for each in found if isinstance(each, str))
    above, below = max(weights, default=None), min(weights, default=None)
    if above is not None and above > rollout.confirmed:
        return Sight(above, unread)
    if below is not None and below < rollout.confirmed:
        return Sight(below, unread)
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
