"""Each delivery once: the key's row is the dedupe (law 6), and what has no `done_at` is still to be worked on.

Whoever takes a delivery in works on it, under a lease; another process takes it up when the lease has lapsed. Its
effect is committed only by who holds it, and once: `act` is part of that very transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col

from bot.domain.evidence import canonical
from bot.ports import Clock, Delivery, NotOurs, StoreAway
from storage.database import Database
from storage.tables import DeliveryRow, table

TAKE_S = 1.0
"""A person waits: after a second, a downward request acts from the kill card and others are refused in words."""
LEASE = timedelta(seconds=30)
RENEW = timedelta(seconds=10)

_INBOX = table(DeliveryRow)


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
            **self._lease(),
        }

        async def work(connection: AsyncConnection) -> bool:
            inserted = await connection.execute(self._database.insert_new(_INBOX), row)
            return inserted.rowcount == 1

        try:
            return await self._database.write(work, within_s=TAKE_S, urgent=True)
        except StoreAway:
            self._refused.add(delivery.key)
            raise

    async def waiting(self) -> Sequence[Delivery]:
        now = self._clock()
        chosen = select(_INBOX).where(self._open_to_us(now)).order_by(col(DeliveryRow.at), col(DeliveryRow.key))

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            return (await connection.execute(chosen)).all()

        rows = await self._database.read(work)
        for late in (row for row in rows if row.key in self._refused):
            await self.done(late.key)
        rows = [row for row in rows if row.key not in self._refused]
        held = await self._hold([row.key for row in rows if not self._is_held(row, now)], now)
        mine = self._database.me
        return [
            Delivery(row.key, row.at, json.loads(row.request), acted=row.acted_by not in (None, mine))
            for row in rows
            if row.key in held or self._is_held(row, now)
        ]

    async def done(self, key: str) -> None:
        ours = or_(col(DeliveryRow.lease_owner) == self._database.me, col(DeliveryRow.lease_owner).is_(None))
        finish = update(_INBOX).where(col(DeliveryRow.key) == key, ours).values(done_at=self._clock())

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(finish)

        await self._database.write(work, urgent=True)

    def _lease(self) -> dict[str, Any]:
        return {"lease_owner": self._database.me, "lease_until": self._clock() + LEASE}

    def _is_held(self, row: Any, now: datetime) -> bool:
        """Ours, and for long enough that it needn't be renewed yet."""
        fresh = row.lease_until is not None and row.lease_until - now > LEASE - RENEW
        return bool(row.lease_owner == self._database.me and fresh)

    def _open_to_us(self, now: datetime) -> ColumnElement[bool]:
        until = col(DeliveryRow.lease_until)
        free = or_(col(DeliveryRow.lease_owner) == self._database.me, until.is_(None), until <= now)
        return and_(col(DeliveryRow.done_at).is_(None), free)

    async def _hold(self, keys: Sequence[str], now: datetime) -> set[str]:
        """Take or renew leases; returns those of `keys` that are ours now: another process may have been faster."""
        if not keys:
            return set()
        these = update(_INBOX).where(col(DeliveryRow.key).in_(keys), self._open_to_us(now)).values(self._lease())
        holding = these.returning(col(DeliveryRow.key))

        async def work(connection: AsyncConnection) -> set[str]:
            return set((await connection.execute(holding)).scalars())

        return await self._database.write(work, urgent=True)


async def act(database: Database, connection: AsyncConnection, key: str) -> None:
    """Mark a delivery's effect as committed, inside the transaction of that effect.

    Raises NotOurs when another process works on it by now, or its effect is on record already.
    """
    me = database.me
    first = or_(col(DeliveryRow.acted_by).is_(None), col(DeliveryRow.acted_by) == me)
    mine = update(_INBOX).where(col(DeliveryRow.key) == key, col(DeliveryRow.lease_owner) == me, first)
    if not (await connection.execute(mine.values(acted_by=me))).rowcount:
        raise NotOurs(f"another process works on {key} now")
