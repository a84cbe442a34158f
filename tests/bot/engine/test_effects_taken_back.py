"""What was done for a stage or a rollout is taken back when it ends or comes down (R20, U9)."""

from pathlib import Path

import pytest

from bot.domain import acting
from bot.domain.errors import Refusal
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine.kill import KillSwitch
from bot.ports import Spooled, StoreAway
from tests.bot.engine.effect_stories import FIRST, HELD, SECOND, THIRD, plan, roll_back, up
from tests.fakes.traffic import Trouble
from tests.rig import BEN, again, rig

pytestmark = pytest.mark.anyio


async def _away(self: KillSwitch, act: Spooled) -> Rollout:
    raise StoreAway("the database is away")


async def test_on_the_way_back_all_is_taken_back_in_reverse_once_the_traffic_is_down(tmp_path: Path) -> None:
    """R20, law 2: traffic first."""
    async with rig(tmp_path, plan({"before": [FIRST], "after": [SECOND]}, {"before": [THIRD]})) as story:
        rollout = await up(story, await story.start())
        assert story.effects[0].journal == ["begin effect 0", "begin effect 2", "begin effect 1"]
        story.traffic[0].far.trouble = Trouble.FAIL
        rollout = await roll_back(story, rollout)
        assert rollout.state is State.STUCK
        assert len(story.effects[0].journal) == 3
        story.traffic[0].far.trouble = None
        await story.minutes(1)
        rollout = await story.load(rollout)
        assert rollout.state is State.ROLLED_BACK
        assert story.effects[0].journal[3:] == ["end effect 1", "end effect 2", "end effect 0"]
        assert not rollout.watched


async def test_a_kill_takes_all_of_it_back(tmp_path: Path) -> None:
    """R20: the switch first, and it waits for none of it."""
    async with rig(tmp_path, plan({"before": [FIRST, SECOND]})) as story:
        rollout = await story.start()
        story.effects[1].far.trouble = Trouble.FAIL
        await story.engine.desk.kill(story.request("kill"), rollout.id, "bad")
        await story.minutes(0.1, 1)
        rollout = await story.load(rollout)
        assert rollout.state is State.KILLED
        assert not story.effects[0].stands
        assert story.effects[1].stands
        story.effects[1].far.trouble = None
        await story.minutes(1, 20)
        assert not story.effects[1].stands
        assert not (await story.load(rollout)).watched


async def test_what_cannot_be_taken_back_is_told_once_and_tried_until_it_is(tmp_path: Path) -> None:
    """R20: with longer and longer pauses, the others meanwhile; the report needn't wait for it."""
    async with rig(tmp_path, plan({"before": [FIRST, SECOND]})) as story:
        rollout = await story.start()
        story.effects[1].far.trouble = Trouble.DENY
        rollout = await roll_back(story, rollout)
        assert not story.effects[0].stands
        assert (rollout.watched, rollout.unsaid) == (True, False)
        await story.minutes(10, 20)
        tries = [call for call in story.effects[1].far.calls if call.startswith("end")]
        assert 5 <= len(tries) <= 8
        assert (await story.kinds_on_record(rollout)).count("action_stands") == 1
        story.effects[1].far.trouble = None
        await story.minutes(16, 60)
        assert not story.effects[1].stands
        assert not (await story.load(rollout)).watched


async def test_no_start_while_an_earlier_rollout_is_still_taken_back(tmp_path: Path) -> None:
    """R20: what the old one undoes late would undo the new one's; who overrules the cooldown ends that, too."""
    async with rig(tmp_path, plan({"before": [FIRST]}, cooldown="0s")) as story:
        former = await story.start()
        story.effects[0].far.trouble = Trouble.FAIL
        await roll_back(story, former)
        with pytest.raises(Refusal, match="action 0"):
            await story.start()
        story.effects[0].far.trouble = None
        rollout = await story.start(user=BEN, override="undone by hand", fix="OPS-1")
        former = await story.load(former)
        assert not former.watched
        assert [call for call in story.effects[0].far.calls if "-before-" in call][1:] == [
            f"end {former.id}-1-before-1",
            f"begin {rollout.id}-1-before-1",
        ]
        assert "actions_given_up" in await story.kinds_on_record(former)
        assert (await story.load(rollout)).live


async def test_what_lasts_for_a_stage_goes_when_it_is_left(tmp_path: Path) -> None:
    async with rig(tmp_path, plan({"before": [{**HELD, "lasts": "stage"}, FIRST]})) as story:
        rollout = await story.start()
        assert story.effects[2].stands
        rollout = await up(story, rollout)
        assert not story.effects[2].stands
        assert story.effects[0].stands


async def test_a_rollback_to_an_earlier_stage_takes_back_what_is_above_it(tmp_path: Path) -> None:
    """R15: and going up again does it anew, under another key."""
    stages = ({"before": [FIRST], "after": [SECOND]}, {"before": [THIRD], "rollback_to": "previous"})
    async with rig(tmp_path, plan(*stages)) as story:
        rollout = await up(story, await story.start())
        rollout = await roll_back(story, rollout)
        assert (rollout.state, rollout.confirmed) == (State.HELD, Weight(1))
        assert story.effects[0].journal[3:] == ["end effect 1", "end effect 2"]
        await story.engine.desk.resume(story.request("resume"), rollout.id, "again")
        rollout = await up(story, rollout)
        assert story.effects[0].journal[5:] == ["begin effect 2", "begin effect 1"]
        assert story.effects[2].stands == {f"{rollout.id}-2-before-1-2"}


async def test_a_preflight_that_turns_red_takes_back_what_was_begun(tmp_path: Path) -> None:
    """U9: an abort is an end as any other."""
    async with rig(tmp_path, plan({"before": [HELD, SECOND]})) as story:
        story.effects[1].far.trouble = Trouble.HALF
        rollout = await story.start()
        assert rollout.state is State.HELD
        story.effects[1].far.trouble = Trouble.DENY
        await story.engine.desk.resume(story.request("resume"), rollout.id, "try")
        await story.settle()
        assert (await story.load(rollout)).state is State.ABORTED
        assert not story.effects[2].stands


@pytest.mark.usefixtures("both_databases")
async def test_a_crash_before_anything_was_taken_back_takes_it_back_afterwards(tmp_path: Path) -> None:
    """Law 5, U9."""
    async with rig(tmp_path, plan({"before": [FIRST, HELD]})) as story:
        rollout = await story.start()
        story.engine.ledger.on_saved.remove(story.engine.effects.saw)
        rollout = await roll_back(story, rollout)
        assert rollout.state is State.ROLLED_BACK
        assert story.effects[0].stands
        assert story.effects[2].stands
    async with again(story, tmp_path) as later:
        await later.minutes(1, 5)
        assert not later.effects[0].stands
        assert not later.effects[2].stands


async def test_a_begin_that_lands_after_it_was_taken_back_is_taken_back_again(tmp_path: Path) -> None:
    """Law 7: a paused process wakes up late."""
    async with rig(tmp_path, plan({"before": [FIRST]})) as story:
        rollout = await roll_back(story, await story.start())
        key = f"{rollout.id}-1-before-1"
        story.effects[0].stands = {key}
        await story.engine.ledger.change(rollout.id, lambda fresh, plan, now: acting.done(fresh, key, "", now))
        await story.rest()
        assert not story.effects[0].stands


async def test_a_kill_without_a_database_takes_it_back_once_it_is_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laws 2 and 5: the kill knows nothing of actions, and the record does."""
    async with rig(tmp_path, plan({"before": [FIRST]})) as story:
        rollout = await story.start()
        with monkeypatch.context() as patch:
            patch.setattr(KillSwitch, "_begin", _away)
            await story.engine.desk.kill(story.request("kill"), rollout.id, "bad")
        assert story.traffic[0].weight == ZERO
        await story.minutes(0.2, 2)
        assert (await story.load(rollout)).state is State.KILLED
        assert not story.effects[0].stands
