"""How much memory the process takes: with nothing to do, and with many live rollouts under check."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import psutil

from bench import fleet
from bench.effort import Effort
from bench.far_side import far_side
from bench.rows import Row
from bench.scene import Running, Scene, launch, perch_run, scene

IDLE_S = 5.0
LIVE_S = 40.0
EVERY = timedelta(seconds=15)
MB = 1024 * 1024


async def measure(effort: Effort) -> list[Row]:
    """The highest resident set that was seen, the process and its children."""
    async with scene() as here:
        idle = await _highest(here, IDLE_S)
    with far_side() as url:
        async with scene() as here:
            await launch(here, [fleet.plan(name, url, every=EVERY) for name in fleet.names(effort.fleet)])
            live = await _highest(here, LIVE_S)
    return [
        Row("memory, idle", idle, "MB", most=150),
        Row(f"memory, {effort.fleet:,} live rollouts", live, "MB", most=250, note="highest seen during checks"),
    ]


async def _highest(here: Scene, seconds: float) -> float:
    with perch_run(here) as running:
        await running.ready()
        until, highest = time.perf_counter() + seconds, 0.0
        while time.perf_counter() < until:
            highest = max(highest, _resident(running))
            await asyncio.sleep(0.1)
    return highest / MB


def _resident(running: Running) -> float:
    process = psutil.Process(running.process.pid)
    return float(sum(each.memory_info().rss for each in (process, *process.children(recursive=True))))
