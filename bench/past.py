"""Answers about the past: how long summing up takes once, and how long each answer takes then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.effort import Effort
from bench.past_rollouts import fill
from bench.rows import Row
from bot.assembly import all_kinds, recounts
from bot.domain.record.summary import Wanted
from bot.domain.record.trends_of_plans import trends
from bot.engine.ledger import Ledger
from storage.database import open_database
from storage.plans import PlanFolder
from storage.rollouts import SqlRollouts

LISTED = 20


def _now() -> datetime:
    return datetime.now(UTC)


async def measure(effort: Effort) -> list[Row]:
    """With a thousand ended rollouts, and with ten thousand."""
    rows: list[Row] = []
    for count in (effort.fleet, 10 * effort.fleet):
        with TemporaryDirectory() as folder:
            rows += await _measured(Path(folder), count)
    return rows


async def _measured(folder: Path, count: int) -> list[Row]:
    database = await open_database(f"sqlite:///{folder / 'perch.db'}")
    try:
        rollouts = SqlRollouts(database, _now)
        await fill(rollouts, count)
        past = recounts(database, Ledger(rollouts, PlanFolder(folder, all_kinds()), _now))
        began = perf_counter()
        await past.recount(Wanted(plan="materializers"), LISTED)
        first = perf_counter() - began
        began = perf_counter()
        await past.fill(most=None)
        filling = perf_counter() - began
        began = perf_counter()
        await past.recount(Wanted(plan="materializers"), LISTED)
        listing = perf_counter() - began
        began = perf_counter()
        found = await past.recount(Wanted(plan="materializers"))
        trends(found.ended, plan="materializers")
        adding = perf_counter() - began
        began = perf_counter()
        recent = await past.recount(Wanted(since=_now() - timedelta(days=3650)), LISTED)
        trends(recent.ended)
        every = perf_counter() - began
    finally:
        await database.aclose()
    many = f"{count:,} ended rollouts"
    return [
        Row(f"{many}: the first question after an upgrade, 200 of them summed up for it", first),
        Row(f"{many}: summing up all the others, once", filling),
        Row(f"{many}: history of one plan, its last {LISTED}", listing, most=1.0),
        Row(f"{many}: trends of one plan, all of them added up", adding),
        Row(f"{many}: history of all plans, the last {LISTED}", every, most=1.0),
    ]
