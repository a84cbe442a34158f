"""Traffic and a kill method that do what a test tells them to: well, or in each way that far sides go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from adapters.contracts import Trouble
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Nonsense, OutOfReach, TrafficState

__all__ = ["FakeConfirmation", "FakeKill", "FakeTraffic", "FarSide", "Trouble", "first_of"]


async def first_of(*waits: Coroutine[Any, Any, None]) -> None:
    """Until one of them comes; the test brings the deadline, and then sees which it was."""
    going = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in going:
            each.cancel()


@dataclass
class FarSide:
    """Something that can be asked and told, with its trouble. `trouble` lasts until it's None again."""

    trouble: Trouble | None = None
    patience_s: float = 30.0
    calls: list[str] = field(default_factory=list)
    """Each call as it came: `read`, `apply 1%`, `engage`, …"""
    called: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def asked(self) -> None:
        """One question: raises what the trouble makes of it."""
        await self._answer()
        if self.trouble is Trouble.GARBAGE:
            raise Nonsense("the fake answered '<html>'")

    async def told(self) -> bool:
        """One order: whether it takes effect at once; raises what the trouble makes of it."""
        await self._answer()
        return self.trouble not in {Trouble.LIE, Trouble.LATE, Trouble.GARBAGE}

    async def note(self, call: str) -> None:
        """Write a call down and wake whoever waits for it."""
        self.calls.append(call)
        async with self.called:
            self.called.notify_all()

    async def until_called(self, call: str) -> None:
        """Wait until a call came; the test brings the deadline."""
        async with self.called:
            await self.called.wait_for(lambda: call in self.calls)

    async def _answer(self) -> None:
        match self.trouble:
            case Trouble.HANG:
                await self._hang()
            case Trouble.FAIL:
                raise OutOfReach("the fake can't be reached")
            case Trouble.DENY:
                raise Denied("the fake refused us")

    async def _hang(self) -> None:
        try:
            async with asyncio.timeout(self.patience_s):
                await asyncio.Event().wait()
        except TimeoutError as error:
            raise OutOfReach(f"the fake didn't answer within {self.patience_s:g} s") from error


@dataclass
class FakeTraffic:
    """A weight in memory. `weight` is what really stands; `coming` what was asked for and hasn't arrived."""

    target: str = "fake traffic"
    weight: Weight = ZERO
    coming: Weight | None = None
    far: FarSide = field(default_factory=FarSide)
    closed: bool = False
    opened: asyncio.Event | None = None
    """A change waits for it, if it is set at all."""

    @cached_property
    def copies(self) -> FakeTraffic:
        """Its mirror: the share that is copied, a target of its own."""
        return FakeTraffic(target=f"{self.target} mirror")

    async def read(self) -> TrafficState:
        await self.far.note("read")
        await self.far.asked()
        return TrafficState(self.weight, f"weight = {self.weight}")

    async def apply(self, weight: Weight) -> None:
        await self.far.note(f"apply {weight}")
        if self.opened is not None:
            await self.opened.wait()
        if await self.far.told():
            self.weight = weight
        if self.far.trouble is Trouble.LATE:
            self.coming = weight
        if self.far.trouble is Trouble.HALF:
            raise OutOfReach("the fake's answer was lost")

    def arrive(self) -> None:
        """What came late stands now."""
        if self.coming is not None:
            self.weight, self.coming = self.coming, None

    async def rehearse(self) -> str:
        await self.far.note("rehearse")
        await self.far.asked()
        return "the fake answers"

    async def aclose(self) -> None:
        self.closed = True


@dataclass
class FakeKill:
    """A switch in memory; `standing` is "on", "off", any other text, or None for nothing there."""

    target: str = "fake switch"
    standing: str | None = "on"
    coming: str | None = None
    far: FarSide = field(default_factory=FarSide)
    closed: bool = False

    async def former(self) -> str:
        await self.far.note("former")
        await self.far.asked()
        return "absent" if self.standing is None else f"was {self.standing}"

    async def engage(self) -> None:
        await self._switch("engage", "off")

    async def engaged(self) -> bool:
        await self.far.note("engaged")
        await self.far.asked()
        return self.standing == "off"

    async def restore(self, former: str) -> None:
        if former != "absent" and not former.startswith("was "):
            raise Nonsense("the recorded former value can't be understood; nothing was put back")
        await self._switch("restore", None if former == "absent" else former.removeprefix("was "))

    def arrive(self) -> None:
        """What came late stands now."""
        self.standing, self.coming = self.coming, None

    async def rehearse(self) -> str:
        await self.far.note("rehearse")
        await self.far.asked()
        return "the fake answers"

    async def aclose(self) -> None:
        self.closed = True

    async def _switch(self, call: str, to: str | None) -> None:
        await self.far.note(call)
        if await self.far.told():
            self.standing = to
        if self.far.trouble is Trouble.LATE:
            self.coming = to
        if self.far.trouble is Trouble.HALF:
            raise OutOfReach("the fake's answer was lost")


@dataclass
class FakeConfirmation:
    """Confirms what it's told to."""

    shows: Weight | None = None
    far: FarSide = field(default_factory=FarSide)

    async def confirms(self, weight: Weight) -> bool:
        await self.far.note(f"confirms {weight}")
        await self.far.asked()
        return weight == self.shows

    async def aclose(self) -> None:
        """Nothing is kept open."""
