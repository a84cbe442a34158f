"""The `dry_run` kinds: no far side, so only the adapter itself can be asked, and nothing can go wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.traffic import KILL, TRAFFIC
from bot.domain.units import Weight
from tests.adapters.traffic.far_sides.worlds import Lack, World, closed
from tests.fakes.traffic import Trouble


class DryWorld:
    def __init__(self) -> None:
        self.traffic = TRAFFIC["dry_run"].build(TRAFFIC["dry_run"].options(), {})
        self.kill = KILL["dry_run"].build(KILL["dry_run"].options(), {})
        self.on: str | None = None
        self.troubles: frozenset[Trouble] = frozenset()
        self.secrets: frozenset[str] = frozenset()
        self.lacks = frozenset({Lack.OUT_OF_RANGE})

    async def split(self) -> str | None:
        return f"{(await self.traffic.read()).weight.percent:g}"

    async def set_split(self, text: str | None) -> None:
        await self.traffic.apply(Weight(float(text or 0)))

    async def switch(self) -> str | None:
        former: dict[str, str] = json.loads(await self.kill.former())
        return former.get("value")

    async def set_switch(self, text: str | None) -> None:
        await self.kill.restore(json.dumps({"absent": True} if text is None else {"value": text}))

    async def get_into(self, trouble: Trouble | None) -> None:
        assert trouble is None

    async def reached(self) -> None:
        """Nothing hangs."""


@asynccontextmanager
async def dry_world(tmp_path: Path) -> AsyncIterator[World]:
    world = DryWorld()
    yield world
    await closed(world)
