"""What a statement costs: two threads wake each other once, and no more."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.one_trip import OneTripConnection
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


class Counted(OneTripConnection):
    trips = 0

    async def _execute(self, fn: Any, *args: Any, **options: Any) -> Any:
        self.trips += 1
        return await super()._execute(fn, *args, **options)  # type: ignore[no-untyped-call]


def counted(file: Path) -> Counted:
    connection = Counted(lambda: sqlite3.connect(file, check_same_thread=False), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


async def test_a_statement_is_one_trip_with_its_rows_and_its_count(tmp_path: Path) -> None:
    """A commit is another; what the pool asks for after it, to be safe, is none."""
    here = counted(tmp_path / "a.db")
    engine = create_async_engine("sqlite+aiosqlite://", async_creator=lambda **_: here)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
        before = here.trips
        put = await connection.execute(text("INSERT INTO t VALUES (:n)"), [{"n": n} for n in range(3)])
        changed = await connection.execute(text("UPDATE t SET n = n + 1 WHERE n > 0 RETURNING n"))
        assert (put.rowcount, sorted(changed.scalars())) == (3, [2, 3])
        assert here.trips == before + 2
    assert here.trips == before + 3
    await engine.dispose()


async def test_what_was_not_committed_is_undone_by_going_there(tmp_path: Path) -> None:
    here = counted(tmp_path / "a.db")
    engine = create_async_engine("sqlite+aiosqlite://", async_creator=lambda **_: here)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
    async with engine.connect() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT * FROM t"))).all() == []
    await engine.dispose()


async def test_closing_one_that_was_stopped_waits_for_nothing(tmp_path: Path) -> None:
    """Law 2: its thread has ended, and a kill's process would never end."""
    here = counted(tmp_path / "a.db")
    await here
    here.stop()
    async with asyncio.timeout(HANGS_S):
        await here.close()
        await asyncio.to_thread(here.thread.join)
        await here.close()


async def test_one_that_is_stopped_while_it_closes_is_closed(tmp_path: Path) -> None:
    here = counted(tmp_path / "a.db")
    await here
    closing = asyncio.ensure_future(here.close())
    await asyncio.sleep(0)
    here.stop()
    async with asyncio.timeout(HANGS_S):
        await closing
        await asyncio.to_thread(here.thread.join)
