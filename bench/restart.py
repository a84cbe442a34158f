"""A restart with many live rollouts: how long until each of them is being checked again."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing

from bench import fleet
from bench.effort import Effort
from bench.far_side import far_side
from bench.rows import Row
from bench.scene import Running, launch, perch_run, scene

UNDER_CHECK = "SELECT count(*) FROM rollouts WHERE lease_until IS NOT NULL OR revision > 1"
CHECKED = "SELECT count(*) FROM rollouts WHERE revision > 1"
WITHIN_S = 120.0


async def measure(effort: Effort) -> list[Row]:
    """From the start of the process, to the last check begun, and to the last one on record."""
    with far_side() as url:
        async with scene() as here:
            await launch(here, [fleet.plan(name, url) for name in fleet.names(effort.fleet)])
            with perch_run(here) as running, closing(sqlite3.connect(here.database_file)) as seen:
                begun = await _until(seen, UNDER_CHECK, effort.fleet, running)
                checked = await _until(seen, CHECKED, effort.fleet, running)
    what = f"restart with {effort.fleet:,} live rollouts"
    return [
        Row(f"{what} → all being checked again", begun, most=5.0),
        Row(f"{what} → each checked, its verdict on record", checked, note=f"{fleet.QUERIES} distinct queries each"),
    ]


async def _until(seen: sqlite3.Connection, query: str, count: int, running: Running) -> float:
    while seen.execute(query).fetchone()[0] < count:
        if time.perf_counter() - running.began > WITHIN_S:
            raise RuntimeError(f"not within {WITHIN_S:g} s: {query}")
        await asyncio.sleep(0.02)
    return time.perf_counter() - running.began
