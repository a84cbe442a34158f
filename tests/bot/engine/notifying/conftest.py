"""A story of notifiers and its far sides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.engine.notifying.story import Far
from tests.rig import Rig


@pytest.fixture
async def far() -> Far:
    return Far()


@pytest.fixture
async def story(tmp_path: Path, far: Far) -> AsyncIterator[Rig]:
    async with far.opened(tmp_path) as opened:
        yield opened
