"""`plans/reliable-transport.yaml` as it ships: dark launch, three steps, a rollback by hand and an emergency (R2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.plans.far.cync import DEVICES, VARIABLE, Cync, cync
from tests.plans.played import Played, climbed, played, the_plan
from tests.rig import BEN

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@asynccontextmanager
async def the_rollout(folder: Path) -> AsyncIterator[tuple[Played, Cync]]:
    plan = the_plan("reliable-transport")
    async with cync(folder, plan) as far, played(folder, plan, far.environment, MONDAY) as story:
        far.flags.append(story.engine.flags)
        await story.engine.flags.refresh()
        yield story, far


async def test_a_dark_launch_three_steps_and_it_ends_at_half(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        rollout = await story.start()
        assert (rollout.state, rollout.confirmed.percent) == (State.BAKING, 0.0), rollout.preflight
        await story.engine.flags.refresh()
        assert (far.mirrored(), far.on_the_new_one()) == (len(DEVICES), [])
        former: set[str] = set()
        for share in (10, 25, 50):
            await climbed(story)
            now = set(far.on_the_new_one())
            assert abs(len(now) - 4 * share) < 40
            assert former <= now, "who is on it stays on it"
            assert far.mirrored() == 0
            former = now
        await story.nearly_baked()
        await story.until(State.COMPLETED)
        assert await story.confirmed() == [0.0, 10.0, 25.0, 50.0]
        await story.evidence_is_whole()


async def test_three_violations_in_a_row_take_it_to_nothing(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        await story.start()
        await climbed(story)
        far.prom.values["packet_loss"] = 1.2
        await story.minutes(2)
        assert (await story.rollout()).state is State.BAKING, "two are no three"
        rollout = await story.until(State.ROLLED_BACK)
        await story.engine.flags.refresh()
        assert (rollout.reason, far.on_the_new_one()) == ("slos violated 3 times in a row", [])
        await story.told()
        assert len(far.people.jira.issues) == 1
        await story.evidence_is_whole()


async def test_at_half_a_person_goes_back_a_stage_and_a_kill_to_nothing(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        await story.start()
        for _ in range(3):
            await climbed(story)
        await story.engine.desk.rollback(story.request("rollback", BEN), story.id, "complaints")
        rollout = await story.until(State.HELD, step_s=5)
        await story.engine.flags.refresh()
        assert rollout.confirmed.percent == 25.0
        assert abs(len(far.on_the_new_one()) - 100) < 40
        await story.engine.desk.kill(story.request("kill", BEN), story.id, "devices hang")
        await story.engine.flags.refresh()
        rollout = await story.until(State.KILLED, step_s=5)
        assert (far.api.value("cync-controller", VARIABLE), far.on_the_new_one()) == ("0", [])
        await story.evidence_is_whole()
