"""`plans/materializers.yaml` as it ships, from its start to its end, a rollback and a kill (R2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.plans.far.denis import ENABLED, FLAG, Denis, denis
from tests.plans.played import Played, played, the_plan
from tests.rig import BEN
from tests.servers import redis

pytestmark = pytest.mark.anyio
MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
"""A Monday, eight o'clock in Madrid: the first stage may be entered."""


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@asynccontextmanager
async def the_rollout(folder: Path, redis_url: str) -> AsyncIterator[tuple[Played, Denis]]:
    plan = the_plan("materializers")
    async with denis(folder, plan, redis_url) as far, played(folder, plan, far.environment, MORNING) as story:
        far.prom.values["worker_seen"] = lambda: story.now.timestamp() - 20
        yield story, far


async def test_it_goes_up_to_a_hundred_and_is_completed(tmp_path: Path, redis_url: str) -> None:
    async with the_rollout(tmp_path, redis_url) as (story, far):
        rollout = await story.start()
        assert (rollout.state, rollout.confirmed.percent) == (State.BAKING, 1.0), rollout.preflight
        for _ in range(3):
            await story.climb()
        await story.nearly_baked()
        rollout = await story.until(State.COMPLETED)
        assert far.weights == await story.confirmed() == [1.0, 10.0, 50.0, 100.0]
        assert far.serves() == 100.0
        assert far.prom.refused == []
        await story.evidence_is_whole()


async def test_errors_above_three_percent_at_ten_percent_roll_it_back(tmp_path: Path, redis_url: str) -> None:
    async with the_rollout(tmp_path, redis_url) as (story, far):
        await story.start()
        await story.climb()
        far.prom.values["error_rate"] = 3.4
        rollout = await story.until(State.ROLLED_BACK)
        assert rollout.reason == "error_rate > 3%"
        assert (far.weights, far.serves()) == ([1.0, 10.0, 0.0], 0.0)
        assert any(line.startswith("kubectl logs") for line in far.programs.asked), "the runbook has looked"
        await story.evidence_is_whole()


async def test_a_kill_switches_everything_off_and_is_measured(tmp_path: Path, redis_url: str) -> None:
    async with the_rollout(tmp_path, redis_url) as (story, far):
        await story.start()
        await story.minutes(2)
        await story.engine.desk.kill(story.request("kill", BEN), story.id, "jobs get lost")
        rollout = await story.until(State.KILLED, step_s=5)
        assert _off(far) == ("false", True)
        assert await far.redis.get(FLAG) == b"0"
        assert (far.serves(), far.workers) == (0.0, 4), "the second tier wasn't needed"
        assert rollout.kill is not None
        assert set(rollout.kill.met) == {str(each) for each in story.plan.killed_when}
        await story.evidence_is_whole()


def _off(far: Denis) -> tuple[str, bool]:
    return far.api.value("denis", ENABLED), far.switched_off
