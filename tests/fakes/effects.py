"""Something that a plan changes besides traffic: well, or in each way that far sides go wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.ports import OutOfReach
from tests.fakes.traffic import FarSide, Trouble


@dataclass
class FakeEffect:
    """The `Effect` port in memory. `stands` are the keys of what was begun and not ended."""

    target: str = "fake effect"
    stands: set[str] = field(default_factory=set)
    coming: set[str] = field(default_factory=set)
    """What was begun and lands only with `arrive()`."""
    journal: list[str] = field(default_factory=list)
    """Each begin and end as it came, of all effects that share it."""
    far: FarSide = field(default_factory=FarSide)
    hanging: asyncio.Event | None = None
    """A begin waits for it, if it is set at all: before anything stands."""
    keeps: bool = False
    """It can't be taken back."""
    closed: bool = False

    async def begin(self, key: str) -> str:
        self.journal.append(f"begin {self.target}")
        await self.far.note(f"begin {key}")
        if self.hanging is not None:
            await self._hang(self.hanging)
        if await self.far.told():
            self.stands.add(key)
        if self.far.trouble is Trouble.LATE:
            self.coming.add(key)
        if self.far.trouble is Trouble.HALF:
            raise OutOfReach("the fake's answer was lost")
        return f"{self.target} stands"

    async def end(self, key: str) -> str:
        self.journal.append(f"end {self.target}")
        await self.far.note(f"end {key}")
        if self.keeps:
            return ""
        if await self.far.told():
            self.stands.discard(key)
        if self.far.trouble is Trouble.HALF:
            raise OutOfReach("the fake's answer was lost")
        return f"{self.target} is gone"

    async def _hang(self, over: asyncio.Event) -> None:
        try:
            await over.wait()
        except asyncio.CancelledError:
            self.far.calls.append("stopped")
            raise

    def arrive(self) -> None:
        """What came late stands now."""
        self.stands |= self.coming
        self.coming.clear()

    async def rehearse(self) -> str:
        await self.far.note("rehearse")
        await self.far.asked()
        return "the fake answers"

    async def aclose(self) -> None:
        self.closed = True
