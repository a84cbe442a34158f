"""Putting a backup back: it comes up to date first, and is marked, so that the next start holds everything live."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.backup import put_in_place, unpack_beside
from storage.database import open_database
from storage.tables import RESTORED, MarkRow, table


async def restore(backup: Path, database: Path, now: datetime) -> Path | None:
    """Replace the database by a backup; returns where the replaced one is kept, None if there was none.

    Raises StoreAway, with the database as it was, when the backup is damaged or the database is in use. The outside
    world may have moved on since the backup was taken: `SqlRollouts.restored` tells the next start to raise nothing.
    """
    fresh = unpack_beside(backup, database)
    try:
        opened = await open_database(f"sqlite:///{fresh.absolute()}")
        mark = opened.insert_new(table(MarkRow)).values(name=RESTORED, at=now)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(mark)

        try:
            await opened.write(work)
        finally:
            await opened.aclose()
        return put_in_place(fresh, database, now)
    finally:
        fresh.unlink(missing_ok=True)
