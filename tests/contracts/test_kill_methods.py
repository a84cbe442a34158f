"""What `bot.ports.KillMethod` promises, for the fake and for every kind with its real far side (T3–T6, T8, T9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.contracts import KillContract
from tests.adapters.traffic.far_sides.table import KILL_WORLDS
from tests.adapters.traffic.far_sides.worlds import World, open_world


@pytest.fixture(params=KILL_WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(KILL_WORLDS[request.param], request, tmp_path) as opened:
        yield opened


class TestKill(KillContract):
    """Every kind that switches something off."""
