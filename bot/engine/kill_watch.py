"""Watch a kill under way: repeat what hasn't read back, widen the tier, see `killed_when` become true."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.domain import kills
from bot.domain.checks import Facts
from bot.domain.plan import Plan
from bot.domain.rollout import Kill, MethodOutcome, Rollout
from bot.domain.steps import Happening, Step
from bot.domain.truth import truth
from bot.domain.units import ZERO
from bot.engine.equipment import Gear, Method
from bot.engine.gather import Round
from bot.engine.kill import KillSwitch
from bot.engine.methods import Pace
from bot.ports import Clock, OutsideFault

LOOK_S = 2.0
"""How long a look at a method that stood engaged may take."""
PATIENCE = timedelta(seconds=30)
"""How long a condition without a time of its own may lack data before the kill is told as not measured."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Conditions of `killed_when` that aren't true yet; those of them past their time; those nobody can measure; those
    that are true."""

    unmet: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()
    met: tuple[str, ...] = ()


class KillWatch:
    """One look per tick at each rollout that is killing, or stuck in a kill."""

    def __init__(self, switch: KillSwitch, clock: Clock, pace: Pace | None = None) -> None:
        self._switch = switch
        self._clock = clock
        self._pace = pace or Pace()

    async def look(self, rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Step:
        """Engage what isn't read back yet; then say where the kill stands."""
        if rollout.kill is None:
            return Step(rollout)
        outcomes = await self._engage_missing(rollout.kill, gear)
        known = kills.note_outcomes(rollout, outcomes)
        told = tuple(Happening("kill_outcome", outcome.model_dump(mode="json")) for outcome in _news(rollout, outcomes))
        seen = await _killed_when(known, plan, gear, round)
        known = kills.note_met(known, seen.met, self._clock())
        # The time now, not that of the tick: a method that hung may have used up what its tier had.
        step = kills.watch(known, plan, self._clock(), gear.tiers, seen.unmet, seen.late, seen.blind)
        return Step(step.rollout, (*told, *step.happenings))

    async def _engage_missing(self, kill: Kill, gear: Gear) -> list[MethodOutcome]:
        """The weight is set to 0 at every look: a raise that was under way may land after the first time. What stood
        engaged is looked at again: a rearm of before may have landed since (law 7)."""
        stood = {outcome.name for outcome in kill.outcomes if outcome.read_back_at is not None}
        within_s = self._pace.within_s(kill, self._clock())
        lowering = [self._switch.lower(each, to, within_s=within_s) for each, to in gear.down_to(ZERO)]
        engaging = [self._see_to(each, each.name in stood, within_s) for each in gear.methods if each.tier <= kill.tier]
        done = await asyncio.gather(*lowering, *engaging)
        return [outcome for outcome in done if outcome is not None]

    async def _see_to(self, method: Method, stood: bool, within_s: float) -> MethodOutcome | None:
        if stood and await _stands(method):
            return None
        return await self._switch.engage(method, within_s=within_s)


async def _stands(method: Method) -> bool:
    """Whether it's still engaged. One that can't say now counts as it last said: nothing has shown otherwise."""
    try:
        async with asyncio.timeout(LOOK_S):
            return await method.act.engaged()
    except (OutsideFault, TimeoutError):
        return True


def _news(rollout: Rollout, outcomes: list[MethodOutcome]) -> list[MethodOutcome]:
    """Outcomes worth a record: a method's first word, and each change from working to failing or back."""
    known = {outcome.name: bool(outcome.read_back_at) for outcome in rollout.kill.outcomes} if rollout.kill else {}
    return [outcome for outcome in outcomes if known.get(outcome.name) != bool(outcome.read_back_at)]


async def _killed_when(rollout: Rollout, plan: Plan, gear: Gear, round: Round) -> Measured:
    """How far `killed_when` has come; measured once all targets read back.

    Before that nothing could be done by it, and a source that hangs would only hold up the next try.
    """
    if rollout.kill is None or rollout.kill.read_back_at is None:
        return Measured()
    names = {condition.subject.name for condition in plan.killed_when if condition.subject.name in plan.metrics}
    facts = Facts(canary=await round.metrics(plan, gear.sources, names), baselines=rollout.baselines)
    waited = kills.waited(rollout.kill, round.now)
    unmet, late, blind, met = [], [], [], []
    for condition in plan.killed_when:
        now = truth(condition, plan, facts, round.now)
        if now.holds is True:
            met.append(condition.text)
        elif now.holds is None and waited > (condition.within or PATIENCE):
            blind.append(f"{condition.text} ({now.detail or 'no data'})")
        else:
            unmet.append(condition.text)
            if now.holds is False and condition.within is not None and waited > condition.within:
                late.append(condition.text)
    return Measured(tuple(unmet), tuple(late), tuple(blind), tuple(met))
