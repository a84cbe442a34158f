"""`plans/relay-memory.yaml` as it ships: its hour, a rollback and a kill (R2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.plans.far.relay import Relay, relay
from tests.plans.played import Played, played, the_plan
from tests.rig import ANA, BEN, CLEO, DEV

pytestmark = pytest.mark.anyio
NOON = datetime(2025, 10, 19, 12, 0, tzinfo=UTC)
PEOPLE = {
    ANA: {"@devops"},
    BEN: {"@devops"},
    CLEO: {"@engineering"},
    DEV: {"@engineering", "@deployment-leads"},
}


@asynccontextmanager
async def the_rollout(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Played, Relay]]:
    plan = the_plan("relay-memory")
    async with relay(folder, plan, patch) as far, played(folder, plan, far.environment, NOON, PEOPLE) as story:
        yield story, far


async def test_an_hour_at_five_percent_then_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with the_rollout(tmp_path, monkeypatch) as (story, far):
        rollout = await story.start()
        assert (rollout.state, rollout.confirmed.percent) == (State.BAKING, 5.0), rollout.preflight
        await story.minutes(11)
        assert (await story.rollout()).tasks[0].outcome == "passed"
        await story.nearly_baked()
        assert (await story.rollout()).state is State.BAKING, "not before the hour"
        await story.tick_all()
        await story.approve(BEN, CLEO)
        await story.until(State.COMPLETED)
        assert far.splits == ["main:5,r0.5-hotfix:95", "main:100,r0.5-hotfix:0"]
        assert await story.confirmed() == [5.0, 100.0]
        assert sorted(far.users.values()) == [20] * 5, "a hundred queries by five users"
        await story.evidence_is_whole()
        await story.papers_are_kept()
        assert [name for name in far.repository.files() if "decision" in name.lower()]


@pytest.mark.parametrize(
    ("bad", "reason", "minutes"),
    [
        ({"cross_tenant": 1.0}, "cross_tenant > 0", 1),
        ({"ttfv_p95": 1500.0}, "ttfv_p95 >= 1500ms for 5m", 6),
    ],
)
async def test_a_guardrail_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: dict[str, float], reason: str, minutes: int
) -> None:
    async with the_rollout(tmp_path, monkeypatch) as (story, far):
        await story.start()
        await story.minutes(2)
        far.prom.values.update(bad)
        await story.minutes(minutes)
        rollout = await story.until(State.ROLLED_BACK, minutes=0)
        assert rollout.reason == reason
        assert far.splits == ["main:5,r0.5-hotfix:95", "main:0,r0.5-hotfix:100"]
        heard = await story.told()
        lead = "mail:deployment-lead@company.com"
        assert {"#engineering", lead, "notifier:pagerduty", "notifier:ticket"} <= set(heard)
        [ticket] = far.people.jira.issues.values()
        assert reason in ticket["description"]
        assert rollout.cooldown_until is not None
        assert (rollout.cooldown_until - story.now).total_seconds() > 23.9 * 3600
        await story.evidence_is_whole()


async def test_a_rollback_that_the_balancer_refuses_pages_until_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with the_rollout(tmp_path, monkeypatch) as (story, far):
        await story.start()
        far.breaks(broken=True)
        far.prom.values["cross_tenant"] = 1.0
        await story.until(State.STUCK)
        await story.told()
        [alert] = far.people.pagerduty.alerts
        assert far.people.pagerduty.alerts == {alert: "triggered"}
        far.breaks(broken=False)
        await story.until(State.ROLLED_BACK, step_s=5)
        await story.told()
        assert far.people.pagerduty.alerts == {alert: "resolved"}
        assert far.splits == ["main:5,r0.5-hotfix:95", "main:0,r0.5-hotfix:100"]


async def test_a_kill_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with the_rollout(tmp_path, monkeypatch) as (story, far):
        await story.start()
        await story.minutes(2)
        await story.engine.desk.kill(story.request("kill", BEN), story.id, "tenants see each other")
        await story.until(State.KILLED, step_s=5)
        assert far.splits == ["main:5,r0.5-hotfix:95", "main:0,r0.5-hotfix:100"]
        await story.evidence_is_whole()
