"""A crash at any instant loses nothing (laws 4, 5): a new engine over the same database carries on."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.machine import State
from bot.domain.units import ZERO, Weight
from tests.fakes.traffic import Trouble
from tests.rig import again, rig, tree
from tests.waiting import HANGS_S

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("both_databases")]


async def test_a_crash_between_the_commit_and_the_outside_call_is_carried_on(tmp_path: Path) -> None:
    """The intent is on record; the next process does it."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start())
        story.traffic[0].far.trouble = Trouble.HANG
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
        await story.engine.works.aclose()
        assert (await story.load(rollout)).state is State.SHIFTING
        story.traffic[0].far.trouble = None
        async with again(story, tmp_path) as later:
            await later.minutes(2)
            rollout = await later.load(rollout)
            assert (rollout.state, later.traffic[0].weight) == (State.BAKING, Weight(10))
            assert (await later.kinds_on_record(rollout)).count("promoted") == 1


async def test_a_crash_after_the_outside_call_is_confirmed_and_not_done_twice(tmp_path: Path) -> None:
    """The far side has the weight already; the next process reads it back and goes on."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start())
        story.traffic[0].far.trouble = Trouble.HANG
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
        await story.engine.works.aclose()
        story.traffic[0].weight = Weight(10)
        story.traffic[0].far.trouble = None
        async with again(story, tmp_path) as later:
            await later.minutes(2)
            rollout = await later.load(rollout)
            assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(10))
            assert (await later.kinds_on_record(rollout)).count("stage_confirmed") == 2


async def test_a_crash_in_the_middle_of_a_rollback_ends_at_zero(tmp_path: Path) -> None:
    """Down is tried until it is read back, by whichever process lives."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.traffic[0].far.trouble = Trouble.HANG
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "")
        async with asyncio.timeout(HANGS_S):
            await story.traffic[0].far.until_called("read")
        await story.engine.works.aclose()
        story.traffic[0].far.trouble = None
        async with again(story, tmp_path) as later:
            await later.minutes(2)
            assert (await later.load(rollout)).state is State.ROLLED_BACK
            assert later.traffic[0].weight == ZERO


async def test_downtime_is_not_bake_time(tmp_path: Path) -> None:
    """Bake counts confirmed time outside Perch's own downtime."""
    async with rig(tmp_path, tree()) as story:
        rollout = await story.start()
        await story.minutes(2)
        before = (await story.load(rollout)).baked
        await story.minutes(600, step_s=36000)
        assert (await story.load(rollout)).baked == before


async def test_a_kill_that_was_spooled_and_never_carried_out_is_carried_out_after_the_restart(tmp_path: Path) -> None:
    """Law 2: the intent in the spool is enough."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.kills[0].far.trouble = Trouble.HANG
        pulling = asyncio.create_task(story.engine.desk.kill(story.request("kill"), rollout.id, "fire"))
        async with asyncio.timeout(HANGS_S):
            await story.kills[0].far.until_called("engage")
        pulling.cancel()
        await asyncio.wait([pulling])
        story.kills[0].far.trouble = None
        async with again(story, tmp_path) as later:
            await later.minutes(0.2, step_s=2)
            assert (await later.load(rollout)).state is State.KILLED
            assert (later.traffic[0].weight, later.kills[0].standing) == (ZERO, "off")
