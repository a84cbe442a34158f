"""Each store in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from storage import inbox
from tests.contracts.stores import STORES, Store
from tests.scenarios.conftest import PATIENT_S
from tests.sqlite import sqlite_in


@pytest.fixture(autouse=True)
def a_busy_machine_is_no_database_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second in which an inbox has to answer is a law's to test (law 2)."""
    monkeypatch.setattr(inbox, "TAKE_S", PATIENT_S)


@pytest.fixture(params=STORES)
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> AbstractAsyncContextManager[Store]:
    on_postgres = request.param == "postgresql"
    address = request.getfixturevalue("postgres_database") if on_postgres else sqlite_in(tmp_path)
    return STORES[request.param](address)


@pytest.fixture
async def store(opening: AbstractAsyncContextManager[Store]) -> AsyncIterator[Store]:
    async with opening as opened:
        yield opened
