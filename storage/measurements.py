"""Raw measurements: what each check measured, in a table of its own that can be archived away from the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.measurements import Measured, Measurement, Missing, NoData
from storage.archive.shelf import archived, rows_in
from storage.database import Database
from storage.tables import MeasurementRow, table


async def keep(
    database: Database, connection: AsyncConnection, rollout: str, measured: Mapping[str, Measurement]
) -> None:
    """Insert measurements by metric; an answer that was kept before (same metric, same time) is left out."""
    if measured:
        rows = [{"rollout": rollout, "metric": metric, **_columns(value)} for metric, value in measured.items()]
        await connection.execute(database.insert_new(table(MeasurementRow)), rows)


async def measurements_of(
    connection: AsyncConnection, rollout: str, archive: Path | None = None
) -> Sequence[tuple[str, Measurement]]:
    """All that was measured for a rollout, as (metric, measurement), by time, then metric, wherever it lies.

    `archive` is the folder of archives that is set. Raises StoreAway for an archive that can't be read: less than all
    is never returned.
    """
    chosen = select(table(MeasurementRow)).where(col(MeasurementRow.rollout) == rollout)
    kept = {(row.at, row.metric): _measurement(row) for row in (await connection.execute(chosen)).all()}
    if found := await archived(connection, rollout):
        kept |= {(row.at, row.metric): _measurement(row) for row in await rows_in(found, archive)}
    # Sorted here: each database sorts texts in its own way, and a bundle must be the same bytes from either.
    return [(metric, kept[at, metric]) for at, metric in sorted(kept)]


def _columns(measurement: Measurement) -> dict[str, Any]:
    match measurement:
        case Measured(value, at, series):
            return {"at": at, "value": value, "missing": None, "detail": _text(series)}
        case NoData(missing, detail, at):
            return {"at": at, "value": None, "missing": missing.value, "detail": _text(detail)}


def _text(outside: str) -> str:
    """A text from outside, without what PostgreSQL can't keep in one."""
    return outside.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _measurement(row: Any) -> Measurement:
    if row.missing is None:
        return Measured(row.value, row.at, row.detail)
    return NoData(Missing(row.missing), row.detail, row.at)
