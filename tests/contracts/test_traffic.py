"""What `bot.ports.Traffic` promises, for the fake and for every kind with its real far side (T3, T4, T5, T6, T8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.contracts import TrafficContract
from tests.adapters.traffic.far_sides.table import WORLDS
from tests.adapters.traffic.far_sides.worlds import World, open_world


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(WORLDS[request.param], request, tmp_path) as opened:
        yield opened


class TestTraffic(TrafficContract):
    """Every kind that moves traffic."""
