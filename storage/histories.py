"""Raw measurements, read back by metric: the newest of them, or all their course in few points."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, union_all
from sqlmodel import col

from bot.domain.trends import Point, thinned
from storage.archive.shelf import archived, rows_in
from storage.database import Database
from storage.tables import MeasurementRow

_METRIC, _AT, _VALUE = col(MeasurementRow.metric), col(MeasurementRow.at), col(MeasurementRow.value)


class SqlHistories:
    """The `Histories` port over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, rollout: str, metrics: Collection[str], most: int) -> Mapping[str, Sequence[Point]]:
        if not metrics:
            return {}
        if (archived := await self._archived(rollout, metrics)) is not None:
            return {metric: points[-most:] for metric, points in archived.items()}
        # One short walk along the key for each metric; a window function would read the whole rollout.
        tails = [_of(rollout, metric).order_by(_AT.desc()).limit(most).subquery() for metric in sorted(metrics)]
        return await self._read(union_all(*(select(tail) for tail in tails)))

    async def course(self, rollout: str, metrics: Collection[str], most: int) -> Mapping[str, Sequence[Point]]:
        if not metrics:
            return {}
        if (archived := await self._archived(rollout, metrics)) is not None:
            return {metric: thinned(points, most) for metric, points in archived.items()}
        rows = select(_METRIC, _AT, _VALUE).where(col(MeasurementRow.rollout) == rollout, _METRIC.in_(sorted(metrics)))
        tile = func.ntile(max(most // 2, 1)).over(partition_by=_METRIC, order_by=_AT)
        count = func.count().over(partition_by=_METRIC)
        tiled = rows.add_columns(tile.label("tile"), count.label("all_of_them")).subquery()
        stretch = (tiled.c.metric, tiled.c.tile)
        low = func.row_number().over(partition_by=stretch, order_by=(tiled.c.value.asc().nulls_last(), tiled.c.at))
        high = func.row_number().over(
            partition_by=stretch, order_by=(tiled.c.value.desc().nulls_last(), tiled.c.at.desc())
        )
        best = func.max(tiled.c.value).over(partition_by=stretch)
        ranked = select(tiled, low.label("low"), high.label("high"), best.label("best")).subquery()
        known = ranked.c.value.is_not(None) & or_(ranked.c.low == 1, ranked.c.high == 1)
        nothing = ranked.c.best.is_(None) & (ranked.c.low == 1)
        kept = or_(ranked.c.all_of_them <= most, known, nothing)
        return await self._read(select(ranked.c.metric, ranked.c.at, ranked.c.value).where(kept))

    async def _archived(self, rollout: str, metrics: Collection[str]) -> Mapping[str, Sequence[Point]] | None:
        """All points of a rollout whose measurements were archived; None for one that has them in the database."""
        found = await self._database.read(lambda connection: archived(connection, rollout))
        if found is None:
            return None
        points: dict[str, list[Point]] = {}
        for row in await rows_in(found, self._database.archive, metrics):
            points.setdefault(row.metric, []).append(Point(row.at, row.value))
        return points

    async def _read(self, chosen: Any) -> Mapping[str, Sequence[Point]]:
        rows = await self._database.read(lambda connection: _all(connection, chosen))
        found: dict[str, list[Point]] = {}
        for metric, at, value in rows:
            found.setdefault(metric, []).append(Point(at, value))
        return {metric: sorted(points, key=lambda point: point.at) for metric, points in found.items()}


def _of(rollout: str, metric: str) -> Select[str, datetime, float | None]:
    own = (col(MeasurementRow.rollout) == rollout, col(MeasurementRow.metric) == metric)
    return select(_METRIC, _AT, _VALUE).where(*own)


async def _all(connection: Any, chosen: Any) -> Sequence[Any]:
    return list((await connection.execute(chosen)).all())
