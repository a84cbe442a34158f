"""Going on with a kill by itself, where no tick can watch it: the database is away, or it's a shell command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

from bot.domain import kills
from bot.domain.rollout import Kill, MethodOutcome, Person
from bot.domain.units import Weight
from bot.engine.equipment import Gear, Method
from bot.engine.methods import Pace, lowering
from bot.ports import Card, Clock, Spooled, Traffic


class Switch(Protocol):
    """What tries one method, and writes its outcome into the spool."""

    async def lower(
        self, traffic: Traffic, weight: Weight, act: Spooled | None = None, within_s: float | None = None
    ) -> MethodOutcome: ...

    async def engage(
        self, method: Method, act: Spooled | None = None, within_s: float | None = None
    ) -> MethodOutcome: ...


class Pursuit:
    """Repeats what doesn't read back, for ever, and widens the tier when its time is over. Begins when it's made."""

    def __init__(
        self,
        switch: Switch,
        act: Spooled,
        card: Card,
        gear: Gear,
        outcomes: Sequence[MethodOutcome],
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._switch, self._act, self._gear, self._clock, self._pace = switch, act, gear, clock, pace
        self._weight = Weight(card.back_to if act.what == "rollback" else 0)
        self._last = 0 if act.what == "rollback" else gear.tiers
        tier = self._last if act.what == "emergency" else min(1, self._last)
        by = Person(id=act.by, name=act.by_name)
        kill = Kill(by=by, reason=act.reason, asked_at=act.at, tier=tier)
        self._kill = kills.with_outcomes(kill, outcomes)
        self._hopeless = asyncio.Event()
        self._running = asyncio.create_task(self._run())

    @property
    def outcomes(self) -> tuple[MethodOutcome, ...]:
        """The newest outcome of each method and target."""
        return self._kill.outcomes

    async def over(self) -> None:
        """Wait until all reads back, every tier has had its time, or nobody goes on."""
        hopeless = asyncio.create_task(self._hopeless.wait())
        await asyncio.wait({self._running, hopeless}, return_when=asyncio.FIRST_COMPLETED)
        hopeless.cancel()

    def leave(self) -> None:
        """The tick watches it from now on."""
        self._running.cancel()

    async def _run(self) -> None:
        while self._missing():
            self._kill = kills.timed_anew(self._kill, self._clock())
            if kills.out_of_time(self._kill, self._clock()):
                self._widen()
            await asyncio.gather(asyncio.sleep(self._pace.again_s), self._once())

    def _widen(self) -> None:
        if self._kill.tier < self._last:
            self._kill = kills.widened(self._kill, self._kill.tier + 1, self._clock())
        else:
            self._hopeless.set()

    async def _once(self) -> None:
        within_s = self._pace.within_s(self._kill, self._clock())
        news = await asyncio.gather(*(again(within_s) for again in self._missing()))
        self._kill = kills.with_outcomes(self._kill, news)

    def _missing(self) -> list[Callable[[float], Awaitable[MethodOutcome]]]:
        """What doesn't read back yet, each as its next try."""
        stands = {outcome.name for outcome in self._kill.outcomes if outcome.read_back_at}
        tries: list[Callable[[float], Awaitable[MethodOutcome]]] = [
            partial(self._switch.lower, each, to, self._act)
            for each, to in self._gear.down_to(self._weight)
            if lowering(each, to) not in stands
        ]
        tries += [
            partial(self._switch.engage, each, self._act)
            for each in self._gear.methods
            if each.tier <= self._kill.tier and each.name not in stands
        ]
        return tries
