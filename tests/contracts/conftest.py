"""Each store in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.contracts.stores import STORES, Store


@pytest.fixture(params=STORES)
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> AbstractAsyncContextManager[Store]:
    on_postgres = request.param == "postgresql"
    address = request.getfixturevalue("postgres_database") if on_postgres else f"sqlite:///{tmp_path / 'perch.db'}"
    return STORES[request.param](address)


@pytest.fixture
async def store(opening: AbstractAsyncContextManager[Store]) -> AsyncIterator[Store]:
    async with opening as opened:
        yield opened
