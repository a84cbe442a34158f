"""A story of its own for each test: Perch starts in a tenth of a second, and its Slack budgets are fresh then."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot.sandbox import world
from bot.sandbox.workspace import Workspace
from commands.slack import intake
from storage import inbox
from tests.scenarios.opening import new_story
from tests.scenarios.story import Story
from tests.waiting import HANGS_S

PATIENT_S = 20.0
"""Within what this Slack waits for an acknowledgement."""


@pytest.fixture(autouse=True)
def a_busy_machine_is_no_database_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon they have to answer is for others to test (law 2); here several Perches share two cores."""
    monkeypatch.setattr(intake, "DEADLINE_S", PATIENT_S)
    monkeypatch.setattr(inbox, "TAKE_S", PATIENT_S)
    monkeypatch.setattr(world, "Workspace", partial(Workspace, ack_within_s=HANGS_S))


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """1 → 100 %, one approval, in Socket Mode."""
    async with new_story(tmp_path) as fresh:
        yield fresh
