"""A real Prometheus and Alertmanager, with rules and routing that Perch made: a guardrail fires, and Perch goes down.

Perch itself checks once an hour here, so it is the alert that acts (O2, O3, R7).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.sandbox.world import World
from commands.terminal import perch as console
from tests import servers
from tests.scenarios import quick
from tests.scenarios.opening import running, settings_of, write_plan
from tests.scenarios.story import PLAN, Story, eventually
from tests.scenarios.test_real_prometheus import promql

pytestmark = pytest.mark.anyio

SCRAPED_EVERY_S = 1.0
TOKEN = "a-token-of-the-tests"


def guarded(port: int) -> dict[str, Any]:
    """The quick plan; its success rate is Prometheus', the rest is read from the service's page."""
    prom = promql(port)
    success = {"success_rate": prom["metrics"]["success_rate"]}
    plan = quick.plan(every={"check": "1h", "snapshot": "5m"}, no_data={"after": "2h", "then": "hold"})
    stages = [quick.stage("1%", bake="2h"), quick.stage("100%", bake="2h")]
    sources = plan["sources"] | prom["sources"]
    return plan | {"sources": sources, "metrics": plan["metrics"] | success, "stages": stages}


def printed(*words: str, plans: Path) -> str:
    """What the console command prints."""
    done = CliRunner().invoke(console, ["plan", *words], env={"PERCH_PLANS": str(plans)})
    assert done.exit_code == 0, done.output
    return done.stdout


@dataclass
class Watch:
    """The pair, and the ports that Perch and the service are to listen on."""

    prometheus: servers.Server
    alertmanager: servers.Server
    perch: int
    service: int


@contextmanager
def the_pair(folder: Path) -> Iterator[Watch]:
    """One-second intervals; Alertmanager's are those that `perch plan routing` writes."""
    perch, service = servers.free_port(), servers.free_port()
    write_plan(folder, guarded(service))
    (folder / "token").write_text(TOKEN)
    url = f"http://127.0.0.1:{perch}/webhooks/alertmanager"
    routing = printed("routing", PLAN, "--url", url, "--token-file", str(folder / "token"), plans=folder / "plans")
    rules = yaml.safe_load(printed("rules", PLAN, plans=folder / "plans"))
    with servers.configured_alertmanager(folder, routing) as alertmanager:
        targets = [f"127.0.0.1:{port}" for port in (perch, service)]
        told = f"127.0.0.1:{alertmanager.port}"
        with servers.prometheus(
            folder, targets, rules, scrape_interval=f"{SCRAPED_EVERY_S:g}s", alertmanager=told
        ) as prometheus:
            yield Watch(prometheus, alertmanager, perch, service)


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    with the_pair(tmp_path) as pair:
        yield pair


@pytest.fixture
async def story(watch: Watch, tmp_path: Path) -> AsyncIterator[Story]:
    async with World(service_port=watch.service) as world:
        environment = settings_of(world, tmp_path) | {
            "PROMETHEUS_URL": watch.prometheus.url,
            "PERCH_WEBHOOK_TOKEN": TOKEN,
            "PORT": str(watch.perch),
        }
        async with running(environment) as perch:
            yield Story(world, perch, environment)


@pytest.mark.waits
async def test_a_guardrail_that_perch_made_fires_and_perch_rolls_back(story: Story, watch: Watch) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:

        async def seen(query: str, fits: Callable[[float], bool], what: str) -> None:
            async def asked() -> bool:
                await asyncio.sleep(SCRAPED_EVERY_S / 2)
                answer = await client.get(f"{watch.prometheus.url}/api/v1/query", params={"query": query})
                return any(fits(float(each["value"][1])) for each in answer.json()["data"]["result"])

            await eventually(asked, what, within=60)

        await seen("perch_database_up", lambda up: up == 1, "a scrape of Perch")
        await story.start()
        await seen("perch:rollout_stage", lambda stage: stage == 1, "the stage in Prometheus")
        await seen("perch:metric", lambda percent: percent > 95, "the success rate in Prometheus")
        story.service.knobs.canary_error_percent = 60.0
        ended = await story.until(State.ROLLED_BACK, within=60)
        assert ended.reason.startswith(
            "alert MaterializersSuccessRateBelow90Percent (critical) is firing: materializers"
        )
        assert story.service.weight == 0
        await seen("perch:rollout_stage", lambda stage: stage == 0, "that nothing is live any more")
        page = (await client.get(f"{story.perch.address}/metrics")).text
    acted = next(line for line in page.splitlines() if line.startswith('perch_webhook_alerts_total{did="rollback"}'))
    assert float(acted.split()[-1]) == 1, "one firing, one act, however often it was told"
    records = await story.perch.engine.rollouts.records(ended.id)
    assert [each.actor for each in records if each.kind == "rolling_back"] == ["webhook:alertmanager"]
    heard = [each.body for each in await story.perch.engine.rollouts.records(WORKSPACE) if each.kind == "alert"]
    assert heard[0]["labels"]["perch_stage"] == "1%"
