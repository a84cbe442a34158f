"""After a rollback or a kill: ask what the plan wants looked at (R12). What follows from it is the domain's."""

from __future__ import annotations

from bot.domain.checks import Facts
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.domain.verifying import looked, outstanding
from bot.engine.equipment import Gear
from bot.engine.gather import Round, has_sides, needs_stable


async def verification(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Step:
    """One look."""
    conditions = outstanding(rollout, plan)
    names = {each.subject.name for each in conditions if each.subject.name in plan.metrics}
    sided = [name for name in needs_stable(conditions) if has_sides(plan, name)]
    facts = Facts(
        canary=await round.metrics(plan, gear.sources, names),
        stable=await round.metrics(plan, gear.sources, sided, "stable"),
        ago=await round.ago(plan, gear.sources, conditions),
        baselines=rollout.baselines,
    )
    return looked(rollout, plan, facts, round.now)
