"""Law 2's checks: after a kill nothing starts before it is rearmed, and then all is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import NotNow
from bot.domain.machine import State
from bot.domain.units import ZERO
from commands.slack import perform
from tests.fakes.traffic import Trouble
from tests.laws.kills.story import fakes, seconds, start_is_refused
from tests.rig import rig, tree


async def rearm_puts_back_what_was_engaged_and_only_that(folder: Path, patience_s: float) -> None:
    async with rig(folder, tree(cooldown="0s", kill_switch=fakes((0,), (1,))), switches=2) as story:
        story.kills[0].standing = "half"
        rollout = await story.start()
        await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
        await seconds(story, 3)
        story.kills[1].standing = "changed by hand since"
        await story.engine.desk.rearm(story.request("rearm"), rollout.id)
        assert [each.standing for each in story.kills] == ["half", "changed by hand since"]


async def a_killed_plan_starts_only_once_it_is_rearmed(folder: Path, patience_s: float) -> None:
    async with rig(folder, tree(cooldown="0s")) as story:
        rollout = await story.start()
        await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
        await start_is_refused(story)
        await seconds(story, 3)
        await start_is_refused(story)
        story.kills[0].far.trouble = Trouble.FAIL
        with pytest.raises(NotNow) as refused:
            await story.engine.desk.rearm(story.request("rearm"), rollout.id)
        assert "fake switch 0: the fake can't be reached" in str(refused.value)
        await start_is_refused(story)
        story.kills[0].far.trouble = None
        await story.engine.desk.rearm(story.request("rearm"), rollout.id)
        story.traffic[0].weight = ZERO
        assert (await story.start()).state is State.BAKING


async def a_switch_that_was_put_back_while_it_is_killed_is_engaged_again(folder: Path, patience_s: float) -> None:
    """Law 7: an order of before lands when all stood already; nobody calls the kill done meanwhile."""
    async with rig(folder, tree(cooldown="0s", killed_when=["errors > 90% within 60s"])) as story:
        rollout = await story.start()
        await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
        await seconds(story, 2)
        assert (await story.load(rollout)).state is State.KILLING
        story.kills[0].standing = "on"
        await seconds(story, 2)
        assert story.kills[0].standing == "off", "the switch was put back during a kill, and stays so"


async def a_rearmed_plan_can_be_killed_again(folder: Path, patience_s: float) -> None:
    async with rig(folder, tree(cooldown="0s")) as story:
        rollout = await story.start()
        for _ in range(2):
            await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
            await seconds(story, 3)
            assert (await story.load(rollout)).state is State.KILLED
            await start_is_refused(story)
            assert story.kills[0].standing == "off"
            await story.engine.desk.rearm(story.request("rearm"), rollout.id)
        assert story.kills[0].standing == "on"


async def an_older_rollout_that_was_killed_keeps_its_plan_from_starting(folder: Path, patience_s: float) -> None:
    async with rig(folder, tree(cooldown="0s", stages=tree()["stages"][:1])) as story:
        done = await story.start()
        await story.minutes(6)
        assert (await story.load(done)).state is State.COMPLETED
        story.traffic[0].weight = ZERO
        newer = await story.start()
        await story.engine.desk.rollback(story.request("rollback"), newer.id, "")
        await seconds(story, 2)
        await story.engine.desk.kill(story.request("kill"), done.id, "it went bad later")
        await seconds(story, 3)
        await start_is_refused(story)
        await perform(story.request("rearm", words=("materializers",)), story.engine.desk)
        assert story.kills[0].standing == "on"
        assert (await story.start()).state is State.BAKING


async def a_kill_by_an_older_card_kills_what_lives(folder: Path, patience_s: float) -> None:
    """Law 2: a machine that knows an older rollout throws the plan's switch; what lives is killed on record."""
    async with rig(folder, tree(cooldown="0s")) as story:
        older = await story.start()
        await story.engine.desk.rollback(story.request("rollback"), older.id, "")
        await seconds(story, 2)
        newer = await story.start()
        await story.engine.desk.kill(story.request("kill"), older.id, "fire")
        await seconds(story, 3)
        assert (await story.load(newer)).state is State.KILLED, "its traffic is gone, and nobody wrote down why"
        assert (await story.load(older)).state is State.ROLLED_BACK
        assert story.kills[0].standing == "off"
