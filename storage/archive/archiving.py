"""Moving the measurements of rollouts that ended long ago into the archive, so that a crash anywhere loses no row.

In this order: the file is written under another name, flushed, read back and compared, renamed; one commit says that it
is there, in its own row and in the workspace's chain; only then rows are deleted, in small commits, after the file was
found whole once more. Each step may be repeated. The rollout's own chain stays as it is: so do its bundle's bytes.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.evidence import WORKSPACE, Entry
from bot.domain.signatures import Signer
from bot.ports import Archived, Due, StoreAway
from storage import durable
from storage.archive import parquet
from storage.archive.parquet import NewFile, Row
from storage.archive.shelf import archived, fault, place, sha256_of
from storage.database import Database
from storage.evidence import kept_head, note
from storage.leases import SqlLeases
from storage.tables import ArchiveRow, MeasurementRow, RolloutRow, table

PAGE = 1000
"""Rows read at once: each page stops everything else for some milliseconds."""
AT_ONCE = 1000
"""Rows deleted with one commit, at the most."""
PAUSE_S = 0.01
"""Between two such commits, for whoever has more to say."""
MOST_DUE = 1000
LEASE, LEASE_S = "archive", 300.0

_MEASURED, _ARCHIVES, _ROLLOUTS = table(MeasurementRow), table(ArchiveRow), table(RolloutRow)
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_OF_METRIC = delete(_MEASURED).where(
    col(MeasurementRow.rollout) == bindparam("of"), col(MeasurementRow.metric) == bindparam("metric_")
)
_DELETE = _OF_METRIC.where(col(MeasurementRow.at) == bindparam("at_"))
_DELETE_ALL = _OF_METRIC.where(col(MeasurementRow.at).between(bindparam("first"), bindparam("last")))


class Archive:
    """The `Shelf` port over a folder of Parquet files. `signer` signs the records of it."""

    def __init__(self, database: Database, folder: Path, signer: Signer | None = None) -> None:
        self._database = database
        self._folder = folder.absolute()
        self._signer = signer

    async def due(self, before: datetime) -> Sequence[Due]:
        """Rollouts that ended before that time and have measurements in the database, oldest first."""
        left = exists().where(col(MeasurementRow.rollout) == col(RolloutRow.id))
        begun = and_(col(ArchiveRow.rollout) == col(RolloutRow.id))
        chosen = (
            select(*_ROLLOUTS.c["id", "plan", "environment", "body", "ended_at"])
            .join_from(_ROLLOUTS, _ARCHIVES, begun, isouter=True)
            .where(col(RolloutRow.ended_at) < before, ~col(RolloutRow.live), ~col(RolloutRow.watched))
            .where(col(ArchiveRow.emptied_at).is_(None), left)
            .order_by(col(RolloutRow.ended_at), col(RolloutRow.id))
            .limit(MOST_DUE)
        )

        async def work(connection: AsyncConnection) -> list[Any]:
            return list((await connection.execute(chosen)).all())

        return [_due(row) for row in await self._database.read(work)]

    async def count(self, rollout: Due) -> int:
        """How many of its measurements are in the database."""
        chosen = select(func.count()).select_from(_MEASURED).where(col(MeasurementRow.rollout) == rollout.id)
        return await self._database.read(lambda connection: connection.scalar(chosen)) or 0

    async def mine(self, now: datetime) -> bool:
        """Whether it is for this process to archive: one at a time, and another when that one is gone."""
        return bool(await SqlLeases(self._database).take(LEASE, now, LEASE_S))

    async def take(self, rollout: Due, now: datetime, actor: str = "perch") -> Archived | None:
        """Archive one rollout, or finish what a crash has left of it; None where there was nothing to archive.

        Raises StoreAway; then every row is where it was, or in the archive, or in both.
        """
        found = await self._database.read(lambda connection: archived(connection, rollout.id))
        if found is None:
            found = await self._written(rollout, now, actor)
        if found is not None and not found.emptied:
            await self._empty(found, now)
        return found

    async def shrink(self, pages: int) -> int:
        """Give up to so many free pages back to the disk, in one short commit; returns how many."""
        return await self._database.shrink(pages)

    async def _written(self, rollout: Due, now: datetime, actor: str) -> Archived | None:
        name = rollout.id if _HARMLESS.fullmatch(rollout.id) else sha256(rollout.id.encode()).hexdigest()
        await asyncio.to_thread(self._clear, name)
        part = self._folder / f".{name}.part"
        try:
            rows = await self._fill(part, rollout)
            if not rows:
                return None
            digest = await asyncio.to_thread(sha256_of, part)
            # The digest in the name: whoever else writes this rollout's file writes the same bytes, or another file.
            file = self._folder / f"{name}-{digest[:8]}.parquet"
            await asyncio.to_thread(_place, part, file)
        except OSError as bad:
            raise StoreAway(
                f"{self._folder} can't be written ({bad.strerror}); measurements stay where they are"
            ) from bad
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
        return await self._on_record(
            Archived(rollout.id, str(self._folder), file.name, rows, digest, False), now, actor
        )

    def _clear(self, name: str) -> None:
        """Files of this rollout that no record names: a crash came between the file and its record."""
        try:
            durable.make_folder(self._folder)
            for stray in self._folder.glob(f"{name}-{'[0-9a-f]' * 8}.parquet"):
                durable.remove(stray)
        except OSError as bad:
            raise StoreAway(f"{self._folder} can't be used ({bad.strerror}); set PERCH_ARCHIVE to another") from bad

    async def _fill(self, part: Path, rollout: Due) -> int:
        """Write the file under another name, and read it back."""
        about = {"rollout": rollout.id, "plan": rollout.plan, "version": rollout.version}
        with await asyncio.to_thread(NewFile, self._folder) as fresh:
            told = 0
            async for page in self._pages(rollout.id):
                await asyncio.to_thread(fresh.add, page)
                told = _sum(told, page)
            if not fresh.rows:
                return 0
            await asyncio.to_thread(fresh.finish, part, about | {"environment": rollout.environment})
            again = await asyncio.to_thread(parquet.read, part)
            if len(again) != fresh.rows or _sum(0, again) != told:
                raise StoreAway(f"{part.name} doesn't read back as it was written; measurements stay where they are")
            return fresh.rows

    async def _pages(self, rollout: str) -> AsyncIterator[Sequence[Row]]:
        """Short looks along the key: nobody waits for a long one."""
        after: tuple[str, datetime] | None = None
        key = tuple_(_MEASURED.c.metric, _MEASURED.c.at)
        chosen = select(*_MEASURED.c["metric", "at", "value", "missing", "detail"]).where(
            _MEASURED.c.rollout == rollout
        )
        while True:
            # Bound to a name: the statement that is run later must not see the next page's beginning.
            since = chosen if after is None else chosen.where(key > tuple_(*_typed(after)))
            page = since.order_by(_MEASURED.c.metric, _MEASURED.c.at).limit(PAGE)
            rows = await self._database.read(lambda connection, page=page: _rows(connection, page))  # type: ignore[misc]
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            after = rows[-1].metric, rows[-1].at

    async def _on_record(self, made: Archived, now: datetime, actor: str) -> Archived | None:
        """The file is there: from now on it is read from."""
        facts = {"rollout": made.rollout, "file": made.file, "rows": made.rows, "sha256": made.sha256}
        row = {**facts, "folder": made.folder, "at": now, "emptied_at": None}

        async def work(connection: AsyncConnection) -> bool:
            if self._signer is None and (await kept_head(connection, WORKSPACE)).seal is not None:
                unsigned = "the workspace's record is signed and PERCH_SIGNING_KEY isn't set here"
                raise StoreAway(f"{unsigned}; measurements stay where they are")
            if not (await connection.execute(self._database.insert_new(_ARCHIVES), row)).rowcount:
                return False
            told = Entry("archived", now, actor, facts)
            await note(self._database, connection, WORKSPACE, [told], self._signer)
            return True

        if await self._database.write(work):
            return made
        # Another process was as quick, and its file counts.
        return await self._database.read(lambda connection: archived(connection, made.rollout))

    async def _empty(self, found: Archived, now: datetime) -> None:
        """Delete from the database what the file holds, and nothing else."""
        if wrong := await asyncio.to_thread(fault, found, self._folder):
            raise StoreAway(f"{wrong}. Nothing more of it is deleted from the database")
        for some in _batches(await asyncio.to_thread(parquet.read, place(found, self._folder))):
            await self._database.write(lambda connection, some=some: _gone(connection, found.rollout, some))  # type: ignore[misc]
            await asyncio.sleep(PAUSE_S)
        done = update(_ARCHIVES).where(col(ArchiveRow.rollout) == found.rollout).values(emptied_at=now)
        await self._database.write(lambda connection: connection.execute(done))


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Rows of one metric each, by time: the only order that all databases agree on."""
    for _, of_metric in groupby(rows, key=lambda row: row.metric):
        each = list(of_metric)
        yield from (each[begin : begin + AT_ONCE] for begin in range(0, len(each), AT_ONCE))


async def _gone(connection: AsyncConnection, rollout: str, rows: Sequence[Row]) -> None:
    """Delete these rows at a stroke where no other one lies between them, one by one where any does."""
    which = {"of": rollout, "metric_": rows[0].metric}
    async with connection.begin_nested() as stroke:
        done = await connection.execute(_DELETE_ALL, which | {"first": rows[0].at, "last": rows[-1].at})
        if done.rowcount not in (0, len(rows)):
            await stroke.rollback()
    if done.rowcount not in (0, len(rows)):
        await connection.execute(_DELETE, [which | {"at_": row.at} for row in rows])


async def rewritten(found: Archived, rows: Sequence[Row]) -> Archived:
    """The same measurements with other details, in a new file beside the old one; no row names it yet.

    Raises StoreAway.
    """
    folder = Path(found.folder)

    def work() -> Archived:
        part = folder / f".{found.file}.part"
        try:
            with NewFile(folder) as fresh:
                fresh.add(rows)
                fresh.finish(part, parquet.about(folder / found.file))
            digest = sha256_of(part)
            file = folder / f"{found.file.rsplit('-', 1)[0]}-{digest[:8]}.parquet"
            _place(part, file)
        finally:
            part.unlink(missing_ok=True)
        return replace(found, file=file.name, sha256=digest)

    return await asyncio.to_thread(work)


def _due(row: Any) -> Due:
    return Due(row.id, row.plan, row.environment, str(json.loads(row.body).get("version", "")), row.ended_at)


async def _rows(connection: AsyncConnection, page: Any) -> list[Row]:
    return [Row(*row) for row in (await connection.execute(page)).all()]


def _typed(key: tuple[str, datetime]) -> tuple[Any, Any]:
    return literal(key[0], _MEASURED.c.metric.type), literal(key[1], _MEASURED.c.at.type)


def _place(part: Path, file: Path) -> None:
    part.rename(file)
    durable.sync_folder(file.parent)


def _sum(told: int, rows: Sequence[Row]) -> int:
    """The same for the same rows in any order: each database sorts texts in its own way."""
    return (told + sum(hash((row.metric, row.at, repr(row.value), row.missing, row.detail)) for row in rows)) % 2**64
