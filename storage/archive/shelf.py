"""What lies in the archive, and reading it back: a file that isn't the one that was written is never believed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.ports import Archived, ShelfAway
from storage.archive import parquet
from storage.archive.parquet import Row
from storage.tables import ArchiveRow, table

_ARCHIVES = table(ArchiveRow)


def place(found: Archived, folder: Path | None = None) -> Path:
    """Where it lies: in the folder that is set now, if it's there, or in the one where it was written."""
    here = folder / found.file if folder is not None else None
    return here if here is not None and here.exists() else Path(found.folder) / found.file


async def archived(connection: AsyncConnection, rollout: str) -> Archived | None:
    """The archive of a rollout, if it has one."""
    row = (await connection.execute(select(_ARCHIVES).where(col(ArchiveRow.rollout) == rollout))).first()
    return None if row is None else _read(row)


async def every_archive(connection: AsyncConnection) -> Sequence[Archived]:
    """All that was archived, oldest first."""
    return [_read(row) for row in (await connection.execute(select(_ARCHIVES).order_by(col(ArchiveRow.at)))).all()]


async def rows_in(found: Archived, folder: Path | None, metrics: Collection[str] | None = None) -> list[Row]:
    """The measurements of an archive. Raises ShelfAway, with what to do, when the file isn't as it was written."""

    def read() -> list[Row]:
        if wrong := fault(found, folder):
            raise ShelfAway(wrong)
        return parquet.read(place(found, folder), metrics)

    return await asyncio.to_thread(read)


def fault(found: Archived, folder: Path | None) -> str:
    """What is wrong with an archive's file, and what to do; "" when it's the very file that was written. Blocks."""
    file = place(found, folder)
    try:
        told = sha256_of(file)
    except OSError as gone:
        why = gone.strerror or str(gone)
        return (
            f"the archived measurements of {found.rollout} aren't at {file} ({why}); put that file back from a backup"
        )
    if told != found.sha256:
        return f"{file}, the archived measurements of {found.rollout}, was changed; put it back from a backup"
    return ""


def sha256_of(file: Path) -> str:
    """Raises OSError."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(row: Any) -> Archived:
    return Archived(row.rollout, row.folder, row.file, row.rows, row.sha256, row.emptied_at is not None)
