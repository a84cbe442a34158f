"""A story of its own for each test: Perch starts in a tenth of a second, and its Slack budgets are fresh then."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.opening import new_story
from tests.scenarios.story import Story


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """1 → 100 %, one approval, in Socket Mode."""
    async with new_story(tmp_path) as fresh:
        yield fresh
