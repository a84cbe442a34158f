"""The flags that Perch answers for: a row each, and counts of a few seconds each, added up over all processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.flags import Flag, Routing, Variant
from bot.domain.units import Weight
from bot.ports import Counts
from storage.database import Database
from storage.tables import FlagDecisionsRow, FlagRow, table

SPAN_S = 5
"""Decisions of so many seconds are one row."""

_FLAGS, _DECISIONS = table(FlagRow), table(FlagDecisionsRow)


class SqlFlags:
    """The `Flags` port over the database. What is set is set at once: whoever lowers a weight doesn't queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> Flag | None:
        found = await self._flags(select(_FLAGS).where(col(FlagRow.key) == key))
        return found[0] if found else None

    async def all(self) -> Sequence[Flag]:
        return await self._flags(select(_FLAGS).order_by(col(FlagRow.key)))

    async def set_weight(self, routing: Routing, weight: Weight) -> None:
        await self._set(routing.key, _body(routing), {"weight": weight.percent, "body": _body(routing)})

    async def set_mirror(self, routing: Routing, mirror: Weight) -> None:
        await self._set(routing.key, _body(routing), {"mirror": mirror.percent})

    async def switch(self, key: str, *, off: bool) -> None:
        await self._set(key, "", {"off": off})

    async def count(self, counts: Counts, at: datetime) -> None:
        begins = datetime.fromtimestamp(at.timestamp() // SPAN_S * SPAN_S, UTC)
        columns, added = _DECISIONS.c, sorted(counts.items())
        new = [{"key": key, "variant": variant.value, "at": begins, "number": 0} for (key, variant), _ in added]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(self._database.insert_new(_DECISIONS), new)
            for (key, variant), number in added:
                there = update(_DECISIONS).where(columns.key == key, columns.variant == variant, columns.at == begins)
                await connection.execute(there.values(number=columns.number + number))

        if added:
            await self._database.write(work)

    async def counted(self, key: str, since: datetime, until: datetime) -> Mapping[Variant, int]:
        chosen = (
            select(col(FlagDecisionsRow.variant), func.sum(col(FlagDecisionsRow.number)))
            .where(_DECISIONS.c.key == key, _DECISIONS.c.at >= since, _DECISIONS.c.at <= until)
            .group_by(col(FlagDecisionsRow.variant))
        )

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            return (await connection.execute(chosen)).all()

        found = {Variant(variant): int(number) for variant, number in await self._database.read(work)}
        return {variant: found.get(variant, 0) for variant in Variant}

    async def _set(self, key: str, body: str, values: Mapping[str, Any]) -> None:
        """`body` is for a flag that is new."""
        new = {"key": key, "weight": 0.0, "mirror": 0.0, "off": False, "body": body}

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(self._database.insert_new(_FLAGS), new)
            await connection.execute(update(_FLAGS).where(col(FlagRow.key) == key).values(values))

        await self._database.write(work, urgent=True)

    async def _flags(self, chosen: Select[Any]) -> list[Flag]:
        async def work(connection: AsyncConnection) -> Sequence[Row[Any]]:
            found: Sequence[Row[Any]] = (await connection.execute(chosen)).all()
            return found

        return [_flag(row) for row in await self._database.read(work)]


def _body(routing: Routing) -> str:
    return routing.model_dump_json()


def _flag(row: Row[Any]) -> Flag:
    return Flag(
        routing=Routing.model_validate_json(row.body) if row.body else Routing(key=row.key),
        weight=Weight(row.weight),
        mirror=Weight(row.mirror),
        off=row.off,
        defined=bool(row.body),
    )
