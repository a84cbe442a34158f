"""What can be forgotten: messages and deliveries that have ended long ago, and leases that nobody holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from storage.database import Database
from storage.tables import DeliveryRow, FlagDecisionsRow, LeaseRow, MessageRow, table

AT_ONCE = 500
"""Rows for each commit: who waits to write waits some milliseconds."""


async def prune(database: Database, before: datetime) -> int:
    """Delete what ended before that time; returns how many rows. Where messages stand in Slack is kept.

    Raises StoreAway.
    """
    ended = (
        (table(MessageRow).c.number, col(MessageRow.ended_at) < before),
        (table(DeliveryRow).c.key, col(DeliveryRow.done_at) < before),
        (table(LeaseRow).c.name, col(LeaseRow.until) < before),
        (table(FlagDecisionsRow).c.at, col(FlagDecisionsRow.at) < before),
    )
    total = 0
    for key, old in ended:
        while found := await _some(database, key, old):
            total += found
    return total


async def _some(database: Database, key: Any, old: Any) -> int:
    """Looked for first: mostly there's nothing, and a search mustn't hold the write lock."""
    chosen = select(key).where(old).limit(AT_ONCE)

    async def look(connection: AsyncConnection) -> list[Any]:
        return list((await connection.execute(chosen)).scalars())

    keys = await database.read(look)
    if keys:
        await database.write(lambda connection: connection.execute(delete(key.table).where(key.in_(keys))))
    return len(keys)
