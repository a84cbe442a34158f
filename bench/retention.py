"""What a million measurements weigh, how long they take to archive, and whether a check notices."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench.effort import Effort
from bench.rows import Row, p99
from bot.domain.machine import State
from bot.domain.measurements import Measured
from bot.domain.planning.reading import digest
from bot.domain.rollout import Person, Rollout
from bot.ports import Change
from storage.archive.archiving import Archive
from storage.bundle import export
from storage.database import Database, open_database
from storage.rollouts import SqlRollouts
from storage.tables import MeasurementRow, table

METRICS = (
    "success_rate",
    "error_rate",
    "latency_p99",
    "chat_p99",
    "queue_depth",
    "rls_errors",
    "memory",
    "toggle_success",
)
LOOKS = 1250
"""Of each rollout: three and a half hours of a check every ten seconds."""
EACH = len(METRICS) * LOOKS
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TREE = {"name": "measured", "stages": [{"weight": "1%"}]}
MB = 1024 * 1024
SAVES = 200


async def measure(effort: Effort) -> list[Row]:
    """One SQLite file, a hundred ended rollouts (fewer when quick), one live one that goes on being checked."""
    count = effort.fleet * 1000 // EACH
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        database = await open_database(f"sqlite:///{folder / 'perch.db'}")
        try:
            return await _rows(database, folder, count)
        finally:
            await database.aclose()


async def _rows(database: Database, folder: Path, count: int) -> list[Row]:
    rollouts = SqlRollouts(database, lambda: NOW)
    live = await rollouts.create(_rollout("live"), TREE, Change())
    for number in range(count):
        await _ended(database, rollouts, _id(number))
    full, _ = await database.room()
    idle, live = await _saves(rollouts, live, SAVES)
    archive = Archive(database, folder / "archive")
    began = time.perf_counter()
    archiving = asyncio.create_task(_archive(archive))
    busy: list[float] = []
    while not archiving.done():
        some, live = await _saves(rollouts, live, 10)
        busy += some
        # A check every few milliseconds is a thousand live rollouts; faster ones would measure themselves.
        await asyncio.sleep(0.02)
    await archiving
    took = time.perf_counter() - began
    began = time.perf_counter()
    await export(database, _id(0))
    bundle = time.perf_counter() - began
    after, _ = await database.room()
    files = sum(file.stat().st_size for file in (folder / "archive").glob("*.parquet"))
    many = f"{count * EACH:,} measurements"
    return [
        Row(f"database with {many}", full / MB, "MB", most=2048, note=f"{count} rollouts"),
        Row(f"archiving {many}, checks going on", took),
        Row("the database afterwards, given back to the disk", after / MB, "MB"),
        Row("the archive, Parquet", files / MB, "MB", beside=full / MB, client="the database"),
        Row(
            "saving a check meanwhile, p99", p99(busy), beside=p99(idle), client="nothing archived meanwhile", most=0.5
        ),
        Row(f"a bundle of {EACH:,} archived measurements", bundle),
    ]


async def _archive(archive: Archive) -> None:
    for due in await archive.due(NOW + timedelta(days=30)):
        await archive.take(due, NOW)
    while await archive.shrink(100):
        pass


async def _saves(rollouts: SqlRollouts, live: Rollout, count: int) -> tuple[list[float], Rollout]:
    took = []
    for _ in range(count):
        at = NOW + timedelta(seconds=live.revision)
        brought = Change(measured={metric: Measured(1.0, at) for metric in METRICS})
        began = time.perf_counter()
        live = await rollouts.save(live, brought)
        took.append(time.perf_counter() - began)
    return took, live


async def _ended(database: Database, rollouts: SqlRollouts, id: str) -> None:
    rollout = await rollouts.create(_rollout(id), TREE, Change())
    rows = list(_measurements(id))

    async def work(connection: Any) -> None:
        await connection.execute(insert(table(MeasurementRow)), rows)

    await database.write(work, within_s=60)
    await rollouts.save(rollout.but(state=State.COMPLETED, ended_at=NOW), Change())


def _measurements(id: str) -> Iterator[dict[str, object]]:
    chance = random.Random(id)
    for look in range(LOOKS):
        at = NOW + timedelta(seconds=10 * look, microseconds=look)
        for metric in METRICS:
            detail = '{pod="materializers-7d9f"}' if metric == "memory" else ""
            yield {"rollout": id, "metric": metric, "at": at, "value": chance.gauss(50, 9), "detail": detail}


def _id(number: int) -> str:
    return f"materializers-{number:06x}"


def _rollout(id: str) -> Rollout:
    return Rollout(
        id=id,
        plan=f"plan-{id}",
        plan_digest=digest(TREE, "production"),
        service="denis",
        environment="production",
        version="1.2.3",
        requester=Person(id="U0ANA", name="Ana"),
        started_at=NOW,
        due_at=NOW,
    )
