"""A write that is broken off, and what is left of it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.tables import MarkRow, table
from tests.storage.samples import NOW


async def cancelled_midway(database: Database) -> None:
    """A write that is cancelled when it has put a row into `marks`."""
    begun = asyncio.Event()

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(table(MarkRow)).values(name="a", at=NOW))
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(database.write(work))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def marks_kept(database: Database) -> int | None:
    """How many rows `marks` has."""
    return await database.read(lambda connection: connection.scalar(select(func.count()).select_from(table(MarkRow))))
