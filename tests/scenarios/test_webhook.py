"""A real Alertmanager sends a real alert to a whole Perch, again and again (O3, laws 2 and 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.sandbox.world import World
from tests import servers
from tests.scenarios import quick
from tests.scenarios.opening import running, settings_of, write_plan
from tests.scenarios.story import PLAN, Story, eventually

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-the-tests"
PATH = "/webhooks/alertmanager"


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """With the webhook open."""
    write_plan(tmp_path, quick.plan())
    async with World() as world:
        environment = settings_of(world, tmp_path) | {"PERCH_WEBHOOK_TOKEN": TOKEN}
        async with running(environment) as perch:
            yield Story(world, perch, environment)


def an_alert(action: str) -> dict[str, Any]:
    """As Prometheus posts it to Alertmanager."""
    return {
        "labels": {"alertname": "HighErrors", "severity": "page", "perch_plan": PLAN, "perch_action": action},
        "annotations": {"summary": "5xx above 5%"},
        "startsAt": datetime.now(UTC).isoformat(),
    }


async def test_an_alert_that_goes_on_firing_rolls_back_once_and_the_channel_reads_why(
    story: Story, tmp_path: Path
) -> None:
    await story.types("ana", f"start {PLAN} 1%")
    await story.status("baking")
    with servers.alertmanager(tmp_path, f"{story.perch.address}{PATH}", TOKEN) as alertmanager:
        async with httpx.AsyncClient(verify=False, base_url=alertmanager.url, trust_env=False) as client:
            assert (await client.post("/api/v2/alerts", json=[an_alert("rollback")])).status_code == 200
            await story.status("rolled back")

            async def notified_thrice() -> bool:
                page = (await client.get("/metrics")).text
                sent = 'alertmanager_notifications_total{integration="webhook"} '
                return next(float(line.split()[1]) for line in page.splitlines() if line.startswith(sent)) >= 3

            await eventually(notified_thrice, "three notifications of the same alert")
    assert story.service.percent == 0
    assert "alert HighErrors (page) is firing: 5xx above 5%" in str(await story.thread("rolling back"))
    (rollout,) = await story.perch.engine.rollouts.latest(PLAN)
    records = await story.perch.engine.rollouts.records(rollout.id)
    assert [record.actor for record in records if record.kind == "rolling_back"] == ["webhook:alertmanager"]
    heard = await story.perch.engine.rollouts.records(WORKSPACE)
    assert next(record.body["did"] for record in heard if record.kind == "alert") == "rollback"


async def test_the_door_is_open_while_slack_is_away(story: Story) -> None:
    """Law 2: a kill by webhook needs no Slack."""
    await story.types("ana", f"start {PLAN} 1%")
    await story.status("baking")
    await story.workspace.stop()
    alert = {**an_alert("kill"), "status": "firing", "fingerprint": "c4ca4238a0b92382"}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(verify=False, base_url=story.perch.address, trust_env=False, timeout=15) as client:
        answer = await client.post(PATH, json={"version": "4", "alerts": [alert]}, headers=headers)
    assert (answer.status_code, answer.json()[0]["did"]) == (200, "kill")
    assert story.service.percent == 0
    (rollout,) = await story.perch.engine.rollouts.latest(PLAN)
    assert rollout.state in (State.KILLING, State.KILLED)
