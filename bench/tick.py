"""One tick of many rollouts, each with eight queries of its own, beside the same queries asked bare."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
from prometheus_api_client.prometheus_connect import PrometheusConnect
from urllib3.util.retry import Retry

from bench import fleet
from bench.effort import Effort
from bench.engine import Clock, open_engine
from bench.far_side import far_side
from bench.rows import Row
from bot.assembly import Engine

AT_ONCE = 8
"""How many queries run together, on every side: the default of Perch's Prometheus source."""
RATIO = 1.3


async def measure(effort: Effort) -> list[Row]:
    """The tick from claim to the last commit; sides take turns, after a round that warms all of them up."""
    names = fleet.names(effort.fleet)
    queries = [fleet.query(name, each) for name in names for each in range(fleet.QUERIES)]
    clock, ticks, client, bare = Clock(), [], [], []
    with far_side() as url, TemporaryDirectory() as folder:
        async with open_engine(Path(folder), clock) as engine:
            await fleet.launch(engine.rollouts, [fleet.plan(name, url) for name in names], clock())
            for _ in range(effort.ticks + 1):
                ticks.append(await _tick(engine, clock, len(names)))
                client.append(await asyncio.to_thread(_by_client, url, queries))
                bare.append(await _by_httpx(url, queries))
    what = f"one tick of {len(names):,} rollouts × {fleet.QUERIES} distinct queries"
    took = median(ticks[1:])
    return [
        Row(what, took, beside=median(client[1:]), client="prometheus-api-client", ratio=RATIO),
        Row(what, took, beside=median(bare[1:]), client="bare httpx"),
    ]


async def _tick(engine: Engine, clock: Clock, count: int) -> float:
    """Seconds for one tick and all that it sets going. Raises when a check wasn't kept."""
    began, at = time.perf_counter(), clock()
    await engine.ticker.tick()
    await engine.ticker.idle()
    took = time.perf_counter() - began
    checked = [rollout for rollout in await engine.rollouts.live() if rollout.check and rollout.check.at >= at]
    if len(checked) != count:
        raise RuntimeError(f"only {len(checked)} of {count} rollouts were checked")
    clock.forward(timedelta(minutes=1))
    return took


def _by_client(url: str, queries: Sequence[str]) -> float:
    client = PrometheusConnect(url, retry=Retry(total=0), timeout=5)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        began = time.perf_counter()
        for answered in threads.map(lambda query: client.custom_query(query, {"time": time.time()}), queries):
            float(answered[0]["value"][1])
        return time.perf_counter() - began


async def _by_httpx(url: str, queries: Sequence[str]) -> float:
    turn = asyncio.Semaphore(AT_ONCE)

    async def ask(client: httpx.AsyncClient, query: str) -> float:
        async with turn:
            answer = await client.get(f"{url}/api/v1/query", params={"query": query, "time": time.time()})
        return float(answer.json()["data"]["result"][0]["value"][1])

    async with httpx.AsyncClient() as client:
        began = time.perf_counter()
        await asyncio.gather(*(ask(client, query) for query in queries))
        return time.perf_counter() - began
