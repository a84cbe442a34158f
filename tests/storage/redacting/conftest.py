"""What is filled in here to be redacted may take a busy machine longer than Slack's clicks may (law 2 tests that)."""

import pytest

from storage import inbox
from tests.scenarios.conftest import PATIENT_S


@pytest.fixture(autouse=True)
def a_busy_machine_is_no_database_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "TAKE_S", PATIENT_S)
