"""What stands in the way of a start, all of it at once; and what a person overruled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.adopting import lacking, stage_of
from bot.domain.audiences import never_again
from bot.domain.errors import NoBaseline, NoStage, NotThere, Refusal, WrongStage
from bot.domain.freezes import covering, refused
from bot.domain.gates import start_opens
from bot.domain.machine import State
from bot.domain.obstacles import (
    AlreadyLive,
    Cooldown,
    KillEngaged,
    NoRetry,
    OutsideWindow,
    StillOutstanding,
    TargetTaken,
)
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight, spell_duration
from bot.engine.equipment import Equipment
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.engine.requests import Start
from bot.engine.shared_switches import SharedSwitches, no_start
from bot.engine.targets import read_weights
from bot.engine.unbuilt import Unbuilt
from bot.ports import Freezes, Plans

FORMER = 100
"""How many rollouts of a plan in its environment are looked at, the newest first."""
READ_S = 3.0
"""How long a takeover waits to read what is in force; preflight reads it once more."""


class Obstacles:
    """Looks for everything that a start would be refused for. Changes nothing."""

    def __init__(
        self, ledger: Ledger, plans: Plans, equipment: Equipment, switch: KillSwitch, freezes: Freezes
    ) -> None:
        self._ledger = ledger
        self._plans = plans
        self._equipment = equipment
        self._switch = switch
        self._shared = SharedSwitches(ledger, switch, equipment)
        self._freezes = freezes

    async def in_the_way(self, start: Start, plan: Plan, live: Sequence[Rollout]) -> list[Refusal]:
        """All that can be known now, beside these live rollouts, in the order in which people would see to it."""
        now = self._ledger.clock()
        found = _live_already(plan, live)
        if start.how == "observe":
            # It moves nothing: no window, freeze, cooldown or other rollout is in its way.
            return found
        found += await self._no_takeover(start, plan) if start.how == "adopt" else _wrong_stage(start, plan)
        found += await self._killed(plan)
        found += await self._held_off(plan)
        found += await self._frozen(plan, now)
        found += _outside_window(plan, now) if start.how == "raise" else []
        found += await self._taken(plan, live)
        found += await self._outstanding(start, plan)
        if not any(isinstance(each, KillEngaged) for each in found):
            found += await self._cooling(start, plan, now)
        return found

    async def cooling(self, plan: Plan, now: datetime) -> Rollout | None:
        """The rollout after which a start needs an override: its cooldown isn't over, or its breach is of a class that
        is never retried. What moved nothing (an observed or aborted one) changes nothing about that."""
        last = next((each for each in await self._former(plan) if _moved(each)), None)
        if last is None or last.cooldown_until is None:
            return None
        return last if last.cooldown_until > now or await self._never_again(last) else None

    async def _never_again(self, last: Rollout) -> tuple[str, ...]:
        """By the plan that it ran: a class that was taken out of the file since is still in force for it."""
        return never_again(last, await self._ledger.plan_of(last)) if last.dangers else ()

    async def outstanding(self, plan: Plan) -> list[Rollout]:
        """Rollouts that have ended and aren't through with their actions (R20)."""
        return [each for each in await self._former(plan) if not each.live and any(act.open for act in each.acts)]

    async def _outstanding(self, start: Start, plan: Plan) -> list[Refusal]:
        former = [] if start.override and start.fix else await self.outstanding(plan)
        acts = [f"{act.what}: {act.fault or 'under way'}" for each in former for act in each.acts if act.open]
        return [StillOutstanding(plan.name, str(first_serving(plan)), "; ".join(acts))] if acts else []

    async def _former(self, plan: Plan) -> list[Rollout]:
        return list(await self._ledger.rollouts.latest(plan.name, FORMER, plan.environment))

    async def _killed(self, plan: Plan) -> list[Refusal]:
        spooled = await self._switch.acts()
        under_way = any((act.plan, act.environment) == (plan.name, plan.environment) for act in spooled)
        former = await self._former(plan)
        engaged = any(each.state is State.KILLED and each.rearmed_at is None for each in former)
        return [KillEngaged(plan.name)] if under_way or engaged else []

    async def _held_off(self, plan: Plan) -> list[Refusal]:
        holders = await self._shared.in_the_way(plan)
        return [no_start(plan, holders)] if holders else []

    async def _frozen(self, plan: Plan, now: datetime) -> list[Refusal]:
        freeze = covering(await self._freezes.open(), plan.service, plan.name, now)
        return [refused(freeze.mark)] if freeze is not None else []

    async def _taken(self, plan: Plan, live: Sequence[Rollout]) -> list[Refusal]:
        wanted = {each.target for each in self._equipment.gear(plan).traffic if not isinstance(each, Unbuilt)}
        found: list[Refusal] = []
        for other in live:
            if other.mode == "observe" or (other.plan, other.environment) == (plan.name, plan.environment):
                continue
            taken = {each.target for each in self._equipment.gear(await self._ledger.plan_of(other)).traffic}
            found += [TargetTaken(target, other.plan) for target in sorted(wanted & taken)[:1]]
        return found

    async def _no_takeover(self, start: Start, plan: Plan) -> list[Refusal]:
        """What is taken over stands at a stage's weight, is read back at it, and can be judged from there on."""
        weights = [str(each.weight) for each in plan.stages if each.weight > ZERO]
        right = f'/canary start {plan.name} {weights[0]} adopt reason="why"'
        if start.weight is None or start.weight == ZERO or (stage := stage_of(plan, start.weight)) is None:
            return [NoStage(plan.name, str(start.weight), ", ".join(weights), right)]
        found: list[Refusal] = []
        if real := await self._otherwise(plan, start.weight):
            found.append(NotThere(plan.name, str(start.weight), real, f"/canary start {plan.name} observe"))
        if names := lacking(plan, stage):
            found.append(NoBaseline(plan.name, ", ".join(names)))
        return found

    async def _otherwise(self, plan: Plan, weight: Weight) -> str:
        """Which target isn't at a weight, or can't be read, in words; "" where all are at it."""
        traffic = self._equipment.gear(plan).traffic
        real = await read_weights(traffic, READ_S)
        if len(real) < len(traffic):
            return "not every traffic target can be read"
        others = sorted({each for each in real if each != weight})
        return f"{' and '.join(map(str, others))} is read back" if others else ""

    async def _cooling(self, start: Start, plan: Plan, now: datetime) -> list[Refusal]:
        last = await self.cooling(plan, now)
        if last is None or last.cooldown_until is None or (start.override and start.fix):
            return []
        if never := await self._never_again(last):
            return [NoRetry(plan.name, str(first_serving(plan)), ", ".join(never), last.id)]
        left = spell_duration(last.cooldown_until - now)
        return [Cooldown(plan.name, str(first_serving(plan)), f"{last.cooldown_until:%Y-%m-%d %H:%M} UTC", left)]


def _moved(rollout: Rollout) -> bool:
    return rollout.mode != "observe" and rollout.state is not State.ABORTED


def first_serving(plan: Plan) -> Weight:
    """The weight of the first stage that serves anybody."""
    return next((stage.weight for stage in plan.stages if stage.weight > ZERO), plan.stages[0].weight)


def _wrong_stage(start: Start, plan: Plan) -> list[Refusal]:
    first = first_serving(plan)
    return [WrongStage(plan.name, str(start.weight), str(first))] if start.weight != first else []


def _live_already(plan: Plan, live: Sequence[Rollout]) -> list[Refusal]:
    return [
        AlreadyLive(plan.name, plan.environment, other.state.value)
        for other in live
        if (other.plan, other.environment) == (plan.name, plan.environment)
    ]


def _outside_window(plan: Plan, now: datetime) -> list[Refusal]:
    opens = start_opens(plan, now)
    if opens is None:
        return []
    return [OutsideWindow(plan.name, f"{opens:%a %Y-%m-%d %H:%M %Z}", str(first_serving(plan)))]
