"""Freezes: each row changes together with its record in the workspace's chain and what is said about it (law 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.evidence import WORKSPACE
from bot.domain.freezes import Freeze
from bot.domain.signatures import Signer
from bot.ports import Change, Clock
from storage import inbox, outbox
from storage.database import Database
from storage.evidence import note
from storage.tables import FreezeRow, table

_FREEZES = table(FreezeRow)
_OPEN = select(_FREEZES.c.body).where(_FREEZES.c.ended_at.is_(None)).order_by(_FREEZES.c.since, _FREEZES.c.id)


class SqlFreezes:
    """The `Freezes` port over the database."""

    def __init__(self, database: Database, clock: Clock, signer: Signer | None = None) -> None:
        self._database = database
        self._clock = clock
        self._signer = signer

    async def begin(self, freeze: Freeze, change: Change) -> bool:
        new = self._database.insert_new(_FREEZES)
        return await self._write(new, {"id": freeze.id, **_columns(freeze)}, change)

    async def replace(self, before: Freeze, after: Freeze, change: Change) -> bool:
        as_read = col(FreezeRow.id) == before.id, col(FreezeRow.body) == before.model_dump_json()
        return await self._write(update(_FREEZES).where(*as_read).values(_columns(after)), None, change)

    async def open(self) -> Sequence[Freeze]:
        async def work(connection: AsyncConnection) -> Sequence[str]:
            return (await connection.execute(_OPEN)).scalars().all()

        return [Freeze.model_validate_json(body) for body in await self._database.read(work)]

    async def _write(self, statement: Any, row: dict[str, Any] | None, change: Change) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            if not (await connection.execute(statement, row)).rowcount:
                return False
            if change.delivery:
                await inbox.act(self._database, connection, change.delivery)
            await note(self._database, connection, WORKSPACE, change.evidence, self._signer)
            await outbox.put(self._database, connection, change.messages, self._clock(), "")
            return True

        return await self._database.write(work, urgent=True)


def _columns(freeze: Freeze) -> dict[str, Any]:
    return {
        "service": freeze.service,
        "since": freeze.since,
        "until": freeze.until,
        "ended_at": freeze.ended_at,
        "body": freeze.model_dump_json(),
    }
