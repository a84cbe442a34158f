"""All that is known about a rollout: out of the database, or out of a bundle's file, offline."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.errors import UnknownRollout
from bot.domain.rollout import Rollout
from bot.domain.signatures import PublicKeys
from bot.domain.trends import Point
from bot.ports import StoreAway, Told
from storage.bundle import MEASUREMENTS, PLAN, ROLLOUT
from storage.bundle_check import BrokenBundle, verify_bundle
from storage.database import Database
from storage.evidence import kept_head, rows_of
from storage.histories import SqlHistories
from storage.tables import FrozenPlanRow, MeasurementRow, RolloutRow
from storage.verifying import NO_KEYS, examined

POINTS = 20_000
"""Of one metric: three days with a check every 15 s. Of more, highs and lows are kept."""


class SqlChronicles:
    """The `Chronicles` port over the database. `keys` are those whose signatures count."""

    def __init__(self, database: Database, keys: PublicKeys = NO_KEYS) -> None:
        self._database = database
        self._keys = keys

    async def of(self, rollout: str) -> Told:
        chosen = select(col(RolloutRow.body), col(FrozenPlanRow.tree)).join_from(RolloutRow, FrozenPlanRow)
        chosen = chosen.where(col(RolloutRow.id) == rollout)

        async def work(connection: AsyncConnection) -> tuple[Any, Any, Sequence[Any]]:
            row = (await connection.execute(chosen)).first()
            if row is None:
                raise UnknownRollout(rollout, "perch rollouts")
            return row, await kept_head(connection, rollout), await rows_of(connection, rollout)

        row, kept, rows = await self._database.read(work)
        checked = examined(rollout, rows, kept, self._keys)
        points = await self._points(rollout)
        try:
            state, tree = Rollout.model_validate_json(row.body), json.loads(row.tree)
        except ValueError as fault:
            raise StoreAway("a rollout's row can't be read; see perch db check") from fault
        return Told(state, tree, checked.records, points, kept.head, checked.signing, checked.broken)

    async def _points(self, rollout: str) -> Mapping[str, Sequence[Point]]:
        """Metric by metric: others get their turn in between."""
        chosen = select(col(MeasurementRow.metric)).where(col(MeasurementRow.rollout) == rollout).distinct()

        async def work(connection: AsyncConnection) -> Sequence[str]:
            return list((await connection.execute(chosen)).scalars())

        found: dict[str, Sequence[Point]] = {}
        histories = SqlHistories(self._database)
        for metric in sorted(await self._database.read(work)):
            found |= await histories.course(rollout, [metric], POINTS)
        return found


def told_by(path: Path, keys: PublicKeys = NO_KEYS) -> Told:
    """What a bundle tells, once it is verified. Raises BrokenBundle."""
    whole = verify_bundle(path, keys)
    try:
        with zipfile.ZipFile(path) as bundle:
            state, tree = json.loads(bundle.read(ROLLOUT)), json.loads(bundle.read(PLAN))
            points = _read(bundle.read(MEASUREMENTS).decode())
        rollout = Rollout.model_validate(state)
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as fault:
        raise BrokenBundle(path, "its files aren't what Perch writes") from fault
    return Told(rollout, tree, whole.records, points, whole.head, whole.signing, None)


def _read(lines: str) -> Mapping[str, Sequence[Point]]:
    """`measurements.jsonl` by metric, oldest first."""
    found: dict[str, list[Point]] = {}
    for line in lines.split("\n")[:-1]:
        told = json.loads(line)
        value = None if told["value"] is None else float(told["value"])
        found.setdefault(str(told["metric"]), []).append(Point(datetime.fromisoformat(told["at"]), value))
    return {metric: sorted(points, key=lambda point: point.at) for metric, points in found.items()}
