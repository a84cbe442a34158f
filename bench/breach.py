"""From a breach that the source shows until the weight is really 0."""

from __future__ import annotations

import asyncio
import json
import random
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from bench import fleet
from bench.effort import Effort
from bench.far_side import far_side
from bench.rows import Row
from bot.assembly import utc_now
from commands.terminal.playground import open_playground

EVERY = timedelta(seconds=5)
WITHIN_S = 30.0


async def measure(effort: Effort) -> list[Row]:
    """Several rollouts beside each other, each with its own phase, its own moment of breach, and its own flag file."""
    chance = random.Random(1)
    names = fleet.names(effort.breaches, "breach")
    with far_side() as url, TemporaryDirectory() as folder:
        trees = [_plan(name, url, Path(folder)) for name in names]
        async with open_playground(0, Path(folder)) as playground, httpx.AsyncClient() as monitoring:
            for tree in trees:
                due = utc_now() + chance.random() * EVERY
                await fleet.launch(playground.perch.engine.rollouts, [tree], due)
            await asyncio.sleep(EVERY.total_seconds() + 1)
            waits = [chance.random() * EVERY.total_seconds() for _ in names]
            breach = partial(_breach, monitoring, url, Path(folder))
            took = await asyncio.gather(*map(breach, names, waits))
    what = f"breach visible in the source → weight is 0, checks every {EVERY.total_seconds():g} s"
    return [
        Row(f"{what}, the longest of {len(took)}", max(took), most=EVERY.total_seconds() + 1),
        Row(f"{what}, median", median(took)),
    ]


def _plan(name: str, url: str, folder: Path) -> fleet.Tree:
    flag = _flag(folder, name)
    flag.write_text(json.dumps({"percent": fleet.PERCENT.percent}))
    traffic = [{"kind": "flag_file", "path": str(flag), "key": "percent"}]
    return fleet.plan(name, url, every=EVERY, traffic=traffic)


def _flag(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


async def _breach(monitoring: httpx.AsyncClient, url: str, folder: Path, name: str, wait: float) -> float:
    await asyncio.sleep(wait)
    began = time.perf_counter()
    await monitoring.put(f"{url}/numbers", params={"query": fleet.query(name, fleet.TRIGGER), "value": "9"})
    while json.loads(_flag(folder, name).read_text())["percent"] != 0:
        if time.perf_counter() - began > WITHIN_S:
            raise RuntimeError(f"{name} wasn't rolled back")
        await asyncio.sleep(0.01)
    return time.perf_counter() - began
