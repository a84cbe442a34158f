"""A canary goes bad, and people hear of it outside of Slack: a whole Perch; PagerDuty and Jira are played (O4, R11)."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import httpx
import pytest

from bot.domain.machine import State
from bot.sandbox.world import World
from tests.fakes.jira import TOKEN, USER, JiraServer
from tests.fakes.pagerduty import KEY, PagerDutyServer
from tests.scenarios import quick
from tests.scenarios.opening import running, settings_of, write_plan
from tests.scenarios.story import Story, eventually

pytestmark = pytest.mark.anyio

SECRET = "what-pagerduty-signs-with"


async def test_a_breach_pages_opens_a_ticket_with_the_papers_and_is_resolved_when_it_is_down(tmp_path: Path) -> None:
    """And PagerDuty's own word about the incident lands in the rollout that paged (E10)."""
    pagerduty, jira = PagerDutyServer(), JiraServer()
    async with World() as world, pagerduty.open(), jira.open():
        board = {"kind": "jira", "url": jira.url, "project": "OPS", "user_env": "J_USER", "token_env": "J_TOKEN"}
        oncall = {"kind": "pagerduty", "url": pagerduty.url, "routing_key_env": "PD_KEY"}
        routes = {"page": ["oncall"], "ticket": ["board"]}
        write_plan(tmp_path, quick.plan(notifiers={"oncall": oncall, "board": board}, routes=routes))
        secrets = {"PD_KEY": KEY, "J_USER": USER, "J_TOKEN": TOKEN, "PERCH_PAGERDUTY_SECRET": SECRET}
        environment = settings_of(world, tmp_path) | secrets
        async with running(environment) as perch:
            story = Story(world, perch, environment)
            await story.start()
            await story.until(State.BAKING)
            story.service.knobs.canary_latency_factor = 20.0
            ended = await story.until(State.ROLLED_BACK)

            async def resolved() -> bool:
                """On a slow machine it may be down before anybody could be paged: then the page is dropped."""
                told = {(event["dedup_key"], event["event_action"]) for event in pagerduty.events}
                return (f"perch/{ended.id}", "resolve") in told

            async def ticketed() -> bool:
                return any(len(issue["files"]) == 3 for issue in jira.issues.values())

            await eventually(resolved, "the page is resolved")
            await eventually(ticketed, "the ticket has its papers")
            assert pagerduty.woken <= 1
            assert set(pagerduty.alerts.values()) <= {"resolved"}
            [issue] = jira.issues.values()
            assert "latency_p99 > 5s" in issue["description"]

            body = json.dumps(_incident(f"perch/{ended.id}")).encode()
            signature = "v1=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            async with httpx.AsyncClient(verify=False, trust_env=False, timeout=15) as client:
                url, headers = f"{perch.address}/webhooks/pagerduty", {"X-PagerDuty-Signature": signature}
                assert (await client.post(url, content=body, headers=headers)).status_code == 200

            async def heard() -> bool:
                return bool((await perch.engine.rollouts.load(ended.id)).incidents)

            await eventually(heard, "the incident is the rollout's")
            texts = str(story.messages())
            assert not any(secret in texts for secret in (KEY, TOKEN, SECRET))


def _incident(key: str) -> dict[str, object]:
    data = {"id": "PGR0VU2", "incident_key": key, "title": "materializers", "urgency": "high", "service": {"id": "P1"}}
    at = "2026-03-02T09:05:00Z"
    return {"event": {"id": "e1", "event_type": "incident.triggered", "occurred_at": at, "data": data}}
