"""Raw measurements: what each check measured, in a table of its own that can be archived away from the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.measurements import Measured, Measurement, Missing, NoData
from storage.database import Database
from storage.tables import MeasurementRow, table


async def keep(
    database: Database, connection: AsyncConnection, rollout: str, measured: Mapping[str, Measurement]
) -> None:
    """Insert measurements by metric; an answer that was kept before (same metric, same time) is left out."""
    if measured:
        rows = [{"rollout": rollout, "metric": metric, **_columns(value)} for metric, value in measured.items()]
        await connection.execute(database.insert_new(table(MeasurementRow)), rows)


async def measurements_of(connection: AsyncConnection, rollout: str) -> Sequence[tuple[str, Measurement]]:
    """All that was measured for a rollout, as (metric, measurement), by time, then metric."""
    chosen = (
        select(table(MeasurementRow))
        .where(col(MeasurementRow.rollout) == rollout)
        .order_by(col(MeasurementRow.at), col(MeasurementRow.metric))
    )
    return [(row.metric, _measurement(row)) for row in (await connection.execute(chosen)).all()]


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
