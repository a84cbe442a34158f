"""Watch a kill under way: repeat what hasn't read back, widen the tier, see `killed_when` become true."""

from __future__ import annotations

import asyncio

from bot.domain import kills
from bot.domain.checks import Facts
from bot.domain.conditions import Condition
from bot.domain.moves import Happening, Step
from bot.domain.plan import Plan
from bot.domain.rollout import Kill, MethodOutcome, Rollout
from bot.domain.truth import truth
from bot.domain.units import ZERO
from bot.engine.equipment import Gear
from bot.engine.gather import Round
from bot.engine.kill import KillSwitch


class KillWatch:
    """One look per tick at each rollout that is killing, or stuck in a kill."""

    def __init__(self, switch: KillSwitch) -> None:
        self._switch = switch

    async def look(self, rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Step:
        """Engage what isn't read back yet; then say where the kill stands."""
        if rollout.kill is None:
            return Step(rollout)
        outcomes = await self._engage_missing(rollout.kill, gear)
        known = kills.note_outcomes(rollout, outcomes)
        told = tuple(Happening("kill_outcome", outcome.model_dump(mode="json")) for outcome in _news(rollout, outcomes))
        unmet, late = await _killed_when(known, plan, gear, round)
        step = kills.watch(known, plan, round.now, gear.tiers, unmet, late)
        return Step(step.rollout, (*told, *step.happenings))

    async def _engage_missing(self, kill: Kill, gear: Gear) -> list[MethodOutcome]:
        """The weight is set to 0 at every look: a raise that was under way may land after the first time."""
        stands = {outcome.name for outcome in kill.outcomes if outcome.read_back_at is not None}
        calls = [self._switch.lower(each, ZERO) for each in gear.traffic]
        calls += [
            self._switch.engage(method)
            for method in gear.methods
            if method.tier <= kill.tier and method.name not in stands
        ]
        return await asyncio.gather(*calls)


def _news(rollout: Rollout, outcomes: list[MethodOutcome]) -> list[MethodOutcome]:
    """Outcomes worth a record: a method's first word, and each change from working to failing or back."""
    known = {outcome.name: bool(outcome.read_back_at) for outcome in rollout.kill.outcomes} if rollout.kill else {}
    return [outcome for outcome in outcomes if known.get(outcome.name) != bool(outcome.read_back_at)]


async def _killed_when(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> tuple[list[str], list[str]]:
    """(conditions that aren't true yet, those of them past their time)."""
    names = {condition.subject.name for condition in plan.killed_when if condition.subject.name in plan.metrics}
    facts = Facts(canary=await round.metrics(plan, gear.sources, names), baselines=rollout.baselines)
    unmet = [condition for condition in plan.killed_when if truth(condition, plan, facts, round.now).holds is not True]
    return [condition.text for condition in unmet], [each.text for each in unmet if _late(each, rollout, round)]


def _late(condition: Condition, rollout: Rollout, round: Round) -> bool:
    if rollout.kill is None or condition.within is None:
        return False
    return round.now - rollout.kill.asked_at > condition.within
