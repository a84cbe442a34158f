"""A story of its own for each test: Perch starts in a tenth of a second, and its Slack budgets are fresh then."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commands.slack import intake
from storage import inbox
from tests.scenarios.opening import new_story
from tests.scenarios.story import Story

PATIENT_S = 2.5
"""Still within the three seconds that Slack gives."""


@pytest.fixture(autouse=True)
def a_busy_machine_is_no_database_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second in which an inbox has to answer is a law's to test (law 2); here several Perches share two cores."""
    monkeypatch.setattr(intake, "DEADLINE_S", PATIENT_S)
    monkeypatch.setattr(inbox, "TAKE_S", PATIENT_S)


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """1 → 100 %, one approval, in Socket Mode."""
    async with new_story(tmp_path) as fresh:
        yield fresh
