"""One try at one kill method or traffic target: its own deadline, its own outcome, and no other waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import kills
from bot.domain.rollout import Kill, MethodOutcome
from bot.domain.units import ZERO, Weight
from bot.engine.equipment import Method
from bot.ports import Clock, OutsideFault, Traffic

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long one try may take, and how soon is looked or tried again; in seconds."""

    method_s: float = 10.0
    """Each method's own deadline: T9 wants the effect in under 10 s."""
    read_back_s: float = 0.25
    again_s: float = 1.0

    def within_s(self, kill: Kill, now: datetime) -> float:
        """A try's deadline: no later than the tier's own, or one that hangs would keep the wider tier waiting."""
        left = ((kill.widened_at or kill.asked_at) + kills.TIER_TIME - now) / timedelta(seconds=1)
        return min(self.method_s, left) if left > 0 else self.method_s


def lowering(traffic: Traffic, weight: Weight) -> str:
    """The name of lowering one target, in outcomes."""
    return f"weight {weight} on {traffic.target}"


class Tries:
    """Lowers targets and engages methods. Never raises for what a far side does: the outcome says it."""

    def __init__(self, clock: Clock, pace: Pace) -> None:
        self._clock = clock
        self._pace = pace

    async def lower(self, traffic: Traffic, weight: Weight, within_s: float | None = None) -> MethodOutcome:
        """Bring one target down to a weight and read it back. What stands lower already is left there."""
        said = [""]

        async def stands() -> bool:
            state = await traffic.read()
            said[0] = state.shown
            return state.weight <= weight

        async def apply() -> None:
            if weight == ZERO or not await _lower_already(stands):
                await traffic.apply(weight)

        outcome = await self._try(lowering(traffic, weight), 0, apply(), stands, within_s)
        return outcome.model_copy(update={"shown": said[0]}) if outcome.read_back_at else outcome

    async def engage(self, method: Method, within_s: float | None = None) -> MethodOutcome:
        """Engage one method and read it back."""
        return await self._try(method.name, method.tier, method.act.engage(), method.act.engaged, within_s)

    async def _try(
        self, name: str, tier: int, call: Awaitable[None], stands: Callable[[], Awaitable[bool]], within_s: float | None
    ) -> MethodOutcome:
        outcome = MethodOutcome(name=name, tier=tier)
        within_s = self._pace.method_s if within_s is None else within_s
        try:
            async with asyncio.timeout(within_s):
                await call
                outcome = outcome.model_copy(update={"applied_at": self._clock()})
                await self._until(stands)
            return outcome.model_copy(update={"read_back_at": self._clock()})
        except TimeoutError:
            fault = "applied, but doesn't read back" if outcome.applied_at else f"no answer in {within_s:g} s"
        except OutsideFault as outside:
            fault = str(outside) or "no answer"
        except Exception:
            log.exception("kill method %s broke", name)
            fault = "an error inside Perch; see its log"
        return outcome.model_copy(update={"fault": fault})

    async def _until(self, stands: Callable[[], Awaitable[bool]]) -> None:
        """Look again and again; the caller's deadline ends it."""
        while not await stands():  # noqa: ASYNC110 - a far side can only be asked
            await asyncio.sleep(self._pace.read_back_s)


async def _lower_already(stands: Callable[[], Awaitable[bool]]) -> bool:
    """What can't be read counts as too high: a weight that was approved once is asked for, never a higher one."""
    try:
        return await stands()
    except OutsideFault:
        return False
