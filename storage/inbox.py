"""Each delivery once: the key's row is the dedupe (law 6), and what has no `done_at` is still to be worked on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.evidence import canonical
from bot.ports import Clock, Delivery, StoreAway
from storage.database import Database
from storage.tables import DeliveryRow, table

TAKE_S = 1.0
"""A person waits: after a second, a downward request acts from the kill card and others are refused in words."""


class SqlInbox:
    """The `Inbox` port over the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._refused: set[str] = set()
        """Keys that the caller was told aren't kept, though their commit may have come through late."""

    async def take(self, delivery: Delivery) -> bool:
        row = {
            "key": delivery.key,
            "at": delivery.at.astimezone(UTC),
            "request": canonical(dict(delivery.request)),
            "done_at": None,
        }

        async def work(connection: AsyncConnection) -> bool:
            inserted = await connection.execute(self._database.insert_new(table(DeliveryRow)), row)
            return inserted.rowcount == 1

        try:
            return await self._database.write(work, within_s=TAKE_S, urgent=True)
        except StoreAway:
            self._refused.add(delivery.key)
            raise

    async def waiting(self) -> Sequence[Delivery]:
        chosen = (
            select(table(DeliveryRow))
            .where(col(DeliveryRow.done_at).is_(None))
            .order_by(col(DeliveryRow.at), col(DeliveryRow.key))
        )

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            return (await connection.execute(chosen)).all()

        rows = await self._database.read(work)
        return [Delivery(row.key, row.at, json.loads(row.request)) for row in rows if row.key not in self._refused]

    async def done(self, key: str) -> None:
        finish = update(table(DeliveryRow)).where(col(DeliveryRow.key) == key).values(done_at=self._clock())

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(finish)

        await self._database.write(work, urgent=True)
