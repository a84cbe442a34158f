"""The `openfeature` kinds over flags in memory: their only far side is Perch's own store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.traffic import KILL, TRAFFIC
from bot.domain.flags import Routing
from bot.domain.units import Weight
from tests.adapters.traffic.far_sides.worlds import Lack, World, closed
from tests.fakes.flags import MemoryFlags
from tests.fakes.traffic import Trouble


class FlagWorld:
    def __init__(self) -> None:
        self.flags = MemoryFlags()
        self.routing = Routing(key="materializers")
        self.traffic = TRAFFIC["openfeature"].build(TRAFFIC["openfeature"].options(key="materializers"), {}, self.flags)
        self.kill = KILL["openfeature"].build(KILL["openfeature"].options(key="materializers"), {}, self.flags)
        self.on: str | None = "on"
        self.troubles = frozenset({Trouble.FAIL})
        self.secrets: frozenset[str] = frozenset()
        self.lacks = frozenset({Lack.OUT_OF_RANGE, Lack.ABSENT})

    async def split(self) -> str | None:
        flag = await self.flags.get("materializers")
        return f"{flag.weight.percent:g}" if flag else "0"

    async def set_split(self, text: str | None) -> None:
        await self.flags.set_weight(self.routing, Weight(float(text or 0)))

    async def switch(self) -> str | None:
        flag = await self.flags.get("materializers")
        return "off" if flag is not None and flag.off else "on"

    async def set_switch(self, text: str | None) -> None:
        await self.flags.switch("materializers", off=text == "off")

    async def get_into(self, trouble: Trouble | None) -> None:
        self.flags.away = trouble is Trouble.FAIL

    async def reached(self) -> None:
        """Nothing hangs: the store has a deadline of its own."""


@asynccontextmanager
async def openfeature_world(tmp_path: Path) -> AsyncIterator[World]:
    world = FlagWorld()
    yield world
    await closed(world)
