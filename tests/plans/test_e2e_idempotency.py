"""`plans/docstokg-idempotency.yaml` as it ships, from its start to its end, a rollback and a kill (R2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.plans.far.docstokg import ENABLED, Pipeline, idempotency
from tests.plans.played import Played, played, the_plan
from tests.rig import BEN

pytestmark = pytest.mark.anyio
MORNING = datetime(2025, 10, 22, 8, 0, tzinfo=UTC)


@asynccontextmanager
async def the_rollout(folder: Path) -> AsyncIterator[tuple[Played, Pipeline]]:
    plan = the_plan("docstokg-idempotency")
    async with idempotency(folder) as far, played(folder, plan, far.environment, MORNING) as story:
        story.goes_on.append(far.goes_on)
        yield story, far


async def test_it_goes_up_in_four_steps_and_is_completed(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        rollout = await story.start()
        assert (rollout.state, far.percent) == (State.BAKING, 5.0), rollout.preflight
        for share in (25.0, 50.0, 100.0):
            await story.minutes(2)
            await story.nearly_baked()
            await story.tick_all()
            rollout = await story.approve()
            assert (rollout.state, far.percent) == (State.BAKING, share), rollout.hold
        await story.nearly_baked()
        far.logs(story.now, "crash_recovery job=7")
        await story.until(State.COMPLETED)
        assert await story.confirmed() == [5.0, 25.0, 50.0, 100.0]
        assert far.percent == 100.0
        await story.evidence_is_whole()


async def test_operations_that_ran_twice_roll_it_back(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        await story.start()
        await story.minutes(3)
        far.does("INSERT INTO artifact_ops VALUES ('op7', '{}', 0)")
        rollout = await story.until(State.ROLLED_BACK)
        assert (rollout.reason, far.percent) == ("duplicates > 0", 0.0)
        assert far.variable(ENABLED) == "true", "the gate itself is the kill switch's"
        rollout = await story.minutes(1, step_s=5)
        assert [(each.condition, each.met) for each in rollout.verified] == [
            (str(each), True) for each in story.plan.verify_after.rollback
        ]
        await story.evidence_is_whole()


async def test_a_kill_switches_the_feature_gate_off(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        await story.start()
        await story.minutes(2)
        await story.engine.desk.kill(story.request("kill", BEN), story.id, "downloads twice")
        await story.until(State.KILLED, step_s=5)
        assert (far.variable(ENABLED), far.percent) == ("false", 0.0)
        await story.evidence_is_whole()
