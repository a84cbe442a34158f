"""A real Prometheus scrapes the service, and PromQL judges: a good canary, a bad one, and Prometheus itself gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        "sources": {"prom": {"kind": "prometheus", "url": "${PROMETHEUS_URL}", "deadline": "1s"}},
        "metrics": {name: {"source": "prom", "unit": unit, "query": query} for name, (unit, query) in queries.items()},
        "no_data": {"after": "2s", "then": "hold"},
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


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scraping, Scraping]]:
    """One Prometheus that runs on, with two services, and one to be stopped."""
    folder = tmp_path_factory.mktemp("prometheus")
    with scraping(folder, 2) as lasting, scraping(folder, 1) as passing:
        yield lasting, passing


@asynccontextmanager
async def judged(folder: Path, prometheus: servers.Server, port: int) -> AsyncIterator[Story]:
    """A story whose numbers come from this Prometheus, which has scraped the service twice."""
    write_plan(folder, quick.plan(**promql(port)))
    async with World(service_port=port) as world:
        await _scraped_twice(prometheus.url, port)
        environment = settings_of(world, folder) | {"PROMETHEUS_URL": prometheus.url}
        async with running(environment) as perch:
            yield Story(world, perch, environment)


async def _scraped_twice(url: str, port: int) -> None:
    async with httpx.AsyncClient() as client:

        async def asked() -> bool:
            query = f'count_over_time(materializer_pct{{instance="127.0.0.1:{port}"}}[5s]) >= 2'
            answer = await client.get(f"{url}/api/v1/query", params={"query": query})
            return bool(answer.json()["data"]["result"])

        await eventually(asked, "two scrapes", within=20)


async def test_a_good_canary_is_promoted_through_two_stages(two: tuple[Scraping, Scraping], tmp_path: Path) -> None:
    """M1, R10: rates judge it, and the weight is confirmed by what Prometheus scraped."""
    async with judged(tmp_path, two[0].server, two[0].ports[0]) as story:
        gate = await story.to_gate()
        assert "100%" in text(gate)
        await story.clicks("ben", gate, "approve")
        ended = await story.until(State.COMPLETED)
        assert (ended.confirmed.percent, story.service.weight) == (100.0, 100.0)
        assert await story.whole()


async def test_a_bad_canary_is_rolled_back(two: tuple[Scraping, Scraping], tmp_path: Path) -> None:
    """M1, R4: errors show in the rate after the next scrape, and the next check takes the weight to 0."""
    async with judged(tmp_path, two[0].server, two[0].ports[1]) as story:
        await story.start()
        story.service.knobs.canary_error_percent = 60.0
        ended = await story.until(State.ROLLED_BACK)
        assert ended.reason == "success_rate < 90%"
        assert story.service.weight == 0.0
        assert "Why: success_rate < 90%" in text(await story.thread("was rolled back"))


async def test_a_prometheus_that_stops_is_not_a_bad_canary(two: tuple[Scraping, Scraping], tmp_path: Path) -> None:
    """Law 3: no data, with the reason; held after its time; the weight stays, and nothing is rolled back."""
    async with judged(tmp_path, two[1].server, two[1].ports[0]) as story:
        await story.start()
        two[1].server.process.terminate()
        two[1].server.process.wait(timeout=10)
        await story.message("Connection refused")
        held = await story.until(State.HELD)
        assert (held.confirmed.percent, story.service.weight) == (1.0, 1.0)
        assert "rolling_back" not in await story.record()
