"""An engine, and its door for alerts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.commands.web.alertmanager.knocking import Knocker, listening
from tests.rig import Rig, rig


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as story:
        yield story


@pytest.fixture
async def door(here: Rig) -> AsyncIterator[Knocker]:
    async with listening(here) as knocker:
        yield knocker
