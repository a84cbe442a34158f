"""One world per adapter: its far side, really running, and the adapter's traffic and kill method that talk to it.

A world can be looked at and changed behind the adapter's back, and put into those troubles that it can have.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from adapters.contracts import KillWorld, Lack, TrafficWorld, Trouble, lacks
from bot.domain.units import Weight
from bot.ports import KillMethod, Traffic
from tests.fakes.traffic import FakeKill, FakeTraffic, FarSide

__all__ = [
    "FakeWorld",
    "Lack",
    "OnServer",
    "Opening",
    "World",
    "closed",
    "fake_world",
    "lacks",
    "open_world",
    "patience",
]


class World(TrafficWorld, KillWorld, Protocol):
    """Most kinds do both."""


class FakeWorld:
    """The fakes themselves: a fake that lies fails here."""

    def __init__(self) -> None:
        self.far = FarSide(patience_s=0.3)
        self._fake, self._switch = FakeTraffic(far=self.far), FakeKill(far=self.far)
        self.traffic: Traffic = self._fake
        self.kill: KillMethod = self._switch
        self.on: str | None = "on"
        self.troubles = frozenset(Trouble)
        self.secrets: frozenset[str] = frozenset()
        self.lacks = frozenset({Lack.OUT_OF_RANGE})

    async def split(self) -> str | None:
        return f"{self._fake.weight.percent:g}"

    async def set_split(self, text: str | None) -> None:
        self._fake.weight = Weight(float(text or 0))

    async def switch(self) -> str | None:
        return self._switch.standing

    async def set_switch(self, text: str | None) -> None:
        self._switch.standing = text

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


@dataclass(frozen=True)
class OnServer:
    """A world on a server that all tests share: a fixture's name, and what opens the world at its value."""

    fixture: str
    at: Callable[[Any], Opening]


def open_world(
    opening: Opening | OnServer, request: pytest.FixtureRequest, folder: Path
) -> AbstractAsyncContextManager[World]:
    """The world by its line in the table."""
    if isinstance(opening, OnServer):
        opening = opening.at(request.getfixturevalue(opening.fixture))
    return opening(folder)


def patience(trouble: Trouble | None) -> str:
    """A deadline: short for a far side that hangs; for all others a busy machine mustn't look like one."""
    return "1500ms" if trouble is Trouble.HANG else "20s"


async def closed(world: World) -> None:
    """Let go of both adapters."""
    await world.traffic.aclose()
    await world.kill.aclose()
