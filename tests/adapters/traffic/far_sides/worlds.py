"""One world per adapter: its far side, really running, and the adapter's traffic and kill method that talk to it.

A world can be looked at and changed behind the adapter's back, and put into those troubles that it can have.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from bot.domain.units import Weight
from bot.ports import KillMethod, Traffic
from tests.fakes.traffic import FakeKill, FakeTraffic, FarSide, Trouble


class World(Protocol):
    """`split` and `switch` are what really stands: a number's text, or None for nothing there."""

    on: str | None
    """The switch as it stands at first."""
    troubles: frozenset[Trouble]
    secrets: frozenset[str]

    @property
    def traffic(self) -> Traffic: ...

    @property
    def kill(self) -> KillMethod: ...

    async def split(self) -> str | None: ...

    async def set_split(self, text: str | None) -> None: ...

    async def switch(self) -> str | None: ...

    async def set_switch(self, text: str | None) -> None: ...

    async def get_into(self, trouble: Trouble | None) -> None: ...

    async def reached(self) -> None:
        """Wait until a hanging call has come as far as it will."""
        ...


class FakeWorld:
    """The fakes themselves: a fake that lies fails here."""

    def __init__(self) -> None:
        self.far = FarSide(patience_s=0.3)
        self.traffic, self.kill = FakeTraffic(far=self.far), FakeKill(far=self.far)
        self.on: str | None = "on"
        self.troubles = frozenset(Trouble)
        self.secrets: frozenset[str] = frozenset()

    async def split(self) -> str | None:
        return f"{self.traffic.weight.percent:g}"

    async def set_split(self, text: str | None) -> None:
        self.traffic.weight = Weight(float(text or 0))

    async def switch(self) -> str | None:
        return self.kill.standing

    async def set_switch(self, text: str | None) -> None:
        self.kill.standing = text

    async def get_into(self, trouble: Trouble | None) -> None:
        self.far.trouble = trouble

    async def reached(self) -> None:
        async with self.far.called:
            await self.far.called.wait_for(lambda: bool(self.far.calls))


@asynccontextmanager
async def fake_world(tmp_path: Path) -> AsyncIterator[World]:
    """No far side at all."""
    yield FakeWorld()


Opening = Callable[[Path], AbstractAsyncContextManager[World]]


async def closed(world: World) -> None:
    """Let go of both adapters."""
    await world.traffic.aclose()
    await world.kill.aclose()
