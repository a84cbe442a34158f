"""A clock that is set back by hours, by a time server say: what was seen before is no news, and checks go on."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.machine import State
from bot.domain.units import ZERO, Weight
from tests.rig import BEN, again, rig, tree

pytestmark = pytest.mark.anyio

BACK = timedelta(hours=3)


async def test_a_clock_that_is_set_back_stops_no_check(tmp_path: Path) -> None:
    """Laws 3, 5 and 10: what is due at three o'clock would otherwise be looked at three hours too late."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(2)
        story.now -= BACK
        story.numbers.values["errors"] = 50.0
        await story.settle()
        rollout = await story.load(rollout)
        assert (rollout.state, story.traffic[0].weight) == (State.ROLLED_BACK, ZERO)


async def test_a_new_process_checks_what_the_last_one_knew_for_later(tmp_path: Path) -> None:
    """The same where the clock was set right while Perch was down."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(2)
        story.now -= BACK
        async with again(story, tmp_path) as later:
            later.numbers.values["errors"] = 50.0
            await later.settle()
            assert (await later.load(rollout)).state is State.ROLLED_BACK


async def test_a_verdict_of_later_than_now_opens_no_gate(tmp_path: Path) -> None:
    """Law 1: a verdict is fresh for two intervals; one that comes from before the clock was set back isn't."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start())
        story.now -= BACK
        rollout = await story.approve(rollout, BEN)
        assert (rollout.confirmed, rollout.approved) == (Weight(1), Weight(1))
        assert story.traffic[0].weight == Weight(1)
