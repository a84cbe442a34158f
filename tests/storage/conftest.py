"""A busy machine, or a loaded disk, is no database that is gone: an inbox is waited for here as long as it takes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage import inbox
from tests.waiting import HANGS_S

PROMISED_S = inbox.TAKE_S


@pytest.fixture(autouse=True)
def a_busy_machine_is_no_database_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "TAKE_S", HANGS_S)


@contextmanager
def within_what_is_promised() -> Iterator[None]:
    """As soon as an inbox gives up outside of tests (law 2)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "TAKE_S", PROMISED_S)
        yield
