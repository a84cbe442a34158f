"""A real Prometheus scrapes the service, and PromQL judges: a good canary, a bad one, and Prometheus itself gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from bot.domain.machine import State
from bot.sandbox.world import World
from tests import servers
from tests.scenarios import quick
from tests.scenarios.opening import running, settings_of, write_plan
from tests.scenarios.story import Story, eventually, text

pytestmark = pytest.mark.anyio


def promql(port: int) -> dict[str, Any]:
    """The quick plan's numbers as PromQL about the service at this port."""
    here = f'instance="127.0.0.1:{port}"'
    jobs = f'materializer_requests_total{{{here},variant="new"}}[5s]'
    good = f'materializer_requests_total{{{here},variant="new",outcome="ok"}}[5s]'
    took = f'materializer_latency_seconds_bucket{{{here},variant="new"}}[5s]'
    queries = {
        "success_rate": ("percent", f"100 * sum(rate({good})) / sum(rate({jobs}))"),
        "latency_p99": ("seconds", f"histogram_quantile(0.99, sum by (le) (rate({took})))"),
        "queue_depth": ("count", f"tools_mut_queue_depth{{{here}}}"),
        "materializer_pct": ("percent", f"materializer_pct{{{here}}}"),
        "materializer_new": ("count", f"materializer_new{{{here}}}"),
    }
    return {
        "sources": {"prom": {"kind": "prometheus", "url": "${PROMETHEUS_URL}", "deadline": quick.PATIENCE}},
        "metrics": {name: {"source": "prom", "unit": unit, "query": query} for name, (unit, query) in queries.items()},
    }


@dataclass(frozen=True, slots=True)
class Scraping:
    """A Prometheus, and the ports of the services that it scrapes every second."""

    server: servers.Server
    ports: Sequence[int]


@contextmanager
def scraping(folder: Path, services: int) -> Iterator[Scraping]:
    """Started before the services are: Prometheus needs five seconds until it scrapes its first target."""
    ports = [servers.free_port() for _ in range(services)]
    with servers.prometheus(folder, [f"127.0.0.1:{port}" for port in ports], scrape_interval="1s") as server:
        yield Scraping(server, ports)


@asynccontextmanager
async def judged(folder: Path, prometheus: servers.Server, port: int, **changes: Any) -> AsyncIterator[Story]:
    """A story whose numbers come from this Prometheus."""
    write_plan(folder, quick.plan(**promql(port), **changes))
    async with World(service_port=port) as world:
        environment = settings_of(world, folder) | {"PROMETHEUS_URL": prometheus.url}
        async with running(environment) as perch:
            yield Story(world, perch, environment)


async def _scraped_twice(story: Story, by: Scraping) -> None:
    async with httpx.AsyncClient(verify=False) as client:

        async def asked() -> bool:
            query = f'count_over_time(materializer_pct{{instance="{urlsplit(story.service.url).netloc}"}}[5s]) >= 2'
            answer = await client.get(f"{by.server.url}/api/v1/query", params={"query": query})
            return bool(answer.json()["data"]["result"])

        await eventually(asked, "two scrapes", within=20)


@pytest.mark.waits
async def test_promql_judges_a_good_canary_a_bad_one_and_none_once_prometheus_is_gone(tmp_path: Path) -> None:
    """M1, R4, R10, law 3: two stages to 100 %; errors in a rate take it to 0; no data only holds."""
    with scraping(tmp_path, 2) as lasting, scraping(tmp_path, 1) as passing:
        async with AsyncExitStack() as stack:

            async def told(name: str, by: Scraping, service: int, **changes: Any) -> Story:
                own = tmp_path / name
                own.mkdir()
                return await stack.enter_async_context(judged(own, by.server, by.ports[service], **changes))

            good = await told("good", lasting, 0)
            bad = await told("bad", lasting, 1)
            blind = await told("blind", passing, 0, no_data={"after": "4s", "then": "hold"})
            async with asyncio.TaskGroup() as group:
                group.create_task(_promoted_through_two_stages(good, lasting))
                group.create_task(_rolled_back(bad, lasting))
                group.create_task(_held_without_prometheus(blind, passing))


async def _promoted_through_two_stages(story: Story, by: Scraping) -> None:
    await _scraped_twice(story, by)
    gate = await story.to_gate()
    assert "100%" in text(gate)
    await story.clicks("ben", gate, "approve")
    ended = await story.until(State.COMPLETED)
    assert (ended.confirmed.percent, story.service.weight) == (100.0, 100.0)
    assert await story.whole()


async def _rolled_back(story: Story, by: Scraping) -> None:
    await _scraped_twice(story, by)
    await story.start()
    story.service.knobs.canary_error_percent = 60.0
    ended = await story.until(State.ROLLED_BACK)
    assert ended.reason == "success_rate < 90%"
    assert story.service.weight == 0.0
    assert "Why: success_rate < 90%" in text(await story.thread("was rolled back"))


async def _held_without_prometheus(story: Story, by: Scraping) -> None:
    await _scraped_twice(story, by)
    await story.start()
    by.server.process.terminate()
    await asyncio.to_thread(by.server.process.wait, 10)
    await story.message("Connection refused")
    held = await story.until(State.HELD)
    assert (held.confirmed.percent, story.service.weight) == (1.0, 1.0)
    assert "rolling_back" not in await story.record()
