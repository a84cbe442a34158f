"""Actions before a stage, after it and on the way back (R20), planned effects that end with their rollout (U9)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.domain import acting
from bot.domain.errors import Refusal
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine.kill import KillSwitch
from bot.engine.requests import Start
from bot.ports import Spooled, StoreAway
from tests.fakes.traffic import Trouble, first_of
from tests.rig import BEN, CLEO, Rig, again, beside, rig, tree

pytestmark = pytest.mark.anyio

FIRST, SECOND, THIRD = ({"kind": "fake", "number": number, "what": f"action {number}"} for number in range(3))
HELD = {"kind": "held", "number": 2, "what": "the silence"}


def plan(*stages: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The small plan with what its stages do besides."""
    whole = tree(**changes)
    for stage, more in zip(whole["stages"], stages, strict=False):
        stage.update(more)
    return whole


async def up(story: Rig, rollout: Rollout, user: str = BEN) -> Rollout:
    """Through the gate of the present stage."""
    return await story.approve(await story.until_gate(rollout), user)


async def to_the_end(story: Rig, rollout: Rollout) -> Rollout:
    rollout = await up(story, await up(story, rollout))
    await story.minutes(6)
    return await story.load(rollout)


async def roll_back(story: Rig, rollout: Rollout) -> Rollout:
    """With a tick: on a busy machine it may go by the kill card, and is merged then."""
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "looks bad")
    await story.settle()
    return await story.load(rollout)


def _start() -> Start:
    return Start(plan="materializers", weight=Weight(1), version="v2")


async def _away(self: KillSwitch, act: Spooled) -> Rollout:
    raise StoreAway("the database is away")


async def test_what_a_stage_wants_before_it_is_done_in_order_before_its_traffic_moves(tmp_path: Path) -> None:
    """R20: and each once, on record before it is begun and after it is done."""
    async with rig(tmp_path, plan({"before": [FIRST, SECOND]})) as story:
        story.traffic[0].far.trouble = None
        rollout = await story.start()
        assert (rollout.state, story.traffic[0].weight) == (State.BAKING, Weight(1))
        assert story.effects[0].journal == ["begin effect 0", "begin effect 1"]
        kinds = await story.kinds_on_record(rollout)
        told = [kind for kind in kinds if kind.startswith(("action", "applied"))]
        assert told == ["action_began", "action_done", "action_began", "action_done", "applied"]
        await story.minutes(2)
        assert len(story.effects[0].journal) == 2


async def test_a_stage_is_not_entered_while_its_before_is_under_way(tmp_path: Path) -> None:
    """R20, law 1: the raise waits, and the checks go on."""
    async with rig(tmp_path, plan({"before": [FIRST]})) as story:
        story.effects[0].hanging = asyncio.Event()
        rollout = await story.engine.desk.start(story.request("start"), _start())
        await story.engine.ticker.tick()
        begun = story.effects[0].far.until_called(f"begin {rollout.id}-1-before-1")
        async with asyncio.timeout(30):
            await first_of(begun, story.traffic[0].far.until_called("apply 1%"))
        await story.engine.ticker.idle()
        assert (await story.load(rollout)).state is State.SHIFTING
        assert story.traffic[0].weight == ZERO
        assert not [call for call in story.traffic[0].far.calls if call.startswith("apply")]


async def test_a_rollback_wins_over_a_before_that_takes_long(tmp_path: Path) -> None:
    """Law 7: its call is stopped, nothing goes up, and what may have landed is taken back."""
    async with rig(tmp_path, plan({}, {"before": [FIRST, SECOND]})) as story:
        rollout = await story.until_gate(await story.start())
        story.effects[0].hanging = asyncio.Event()
        request = story.request("approve", BEN, surface="button", gate=rollout.gate.id if rollout.gate else "")
        await story.engine.desk.approve(request, rollout.id)
        key = f"{rollout.id}-2-before-1"
        async with asyncio.timeout(30):
            await story.effects[0].far.until_called(f"begin {key}")
        story.effects[0].hanging, story.effects[0].stands = None, {key}
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "looks bad")
        await story.engine.ticker.idle()
        assert "stopped" in story.effects[0].far.calls
        await story.rest()
        rollout = await story.load(rollout)
        assert (rollout.state, story.traffic[0].weight) == (State.ROLLED_BACK, ZERO)
        assert story.effects[0].stands == set()
        assert story.effects[0].journal == ["begin effect 0", "end effect 0"]
        assert "apply 10%" not in story.traffic[0].far.calls


async def test_a_hold_lets_a_before_that_is_under_way_come_to_its_end(tmp_path: Path) -> None:
    """R20: nothing goes up, and the next try doesn't do it again."""
    async with rig(tmp_path, plan({}, {"before": [FIRST, SECOND]})) as story:
        rollout = await story.until_gate(await story.start())
        over = story.effects[0].hanging = asyncio.Event()
        request = story.request("approve", BEN, surface="button", gate=rollout.gate.id if rollout.gate else "")
        await story.engine.desk.approve(request, rollout.id)
        async with asyncio.timeout(30):
            await story.effects[0].far.until_called(f"begin {rollout.id}-2-before-1")
        await story.engine.desk.hold(story.request("hold"), rollout.id, "wait", None)
        over.set()
        await story.rest()
        assert (await story.load(rollout)).state is State.HELD
        assert story.effects[0].journal == ["begin effect 0"]
        await story.engine.desk.resume(story.request("resume"), rollout.id, "go on")
        rollout = await up(story, rollout)
        assert (rollout.confirmed, story.effects[0].journal) == (Weight(10), ["begin effect 0", "begin effect 1"])


async def test_a_before_that_fails_stops_the_raise_and_it_is_held_and_told(tmp_path: Path) -> None:
    """R20: nothing goes up; what was begun stays until the rollout goes down, and then goes in reverse."""
    async with rig(tmp_path, plan({}, {"before": [FIRST, SECOND, THIRD]})) as story:
        rollout = await story.until_gate(await story.start())
        story.effects[1].far.trouble = Trouble.DENY
        rollout = await story.approve(rollout)
        assert (rollout.state, rollout.stage, rollout.confirmed) == (State.HELD, 0, Weight(1))
        assert rollout.hold is not None
        assert rollout.hold.cause == "action"
        assert "action 1" in rollout.hold.why
        assert "apply 10%" not in story.traffic[0].far.calls
        assert story.effects[0].journal == ["begin effect 0", "begin effect 1"]
        assert story.effects[0].stands
        story.effects[1].far.trouble = None
        rollout = await roll_back(story, rollout)
        assert story.effects[0].journal[2:] == ["end effect 1", "end effect 0"]
        assert not story.effects[0].stands


async def test_of_a_before_that_fails_one_message_says_it_all(tmp_path: Path) -> None:
    """R20: there were two, and people read alike things twice; both are on record."""
    async with rig(tmp_path, plan({}, {"before": [FIRST]})) as story:
        rollout = await story.until_gate(await story.start())
        story.effects[0].far.trouble = Trouble.DENY
        await story.said()
        rollout = await story.approve(rollout)
        told = [message for message in await story.said() if message.say in ("action_failed", "held")]
        assert [message.say for message in told if message.thread] == ["held"]
        assert "action 0" in told[0].facts["why"]
        assert {"action_failed", "held"} <= set(await story.kinds_on_record(rollout))


async def test_after_a_hold_what_is_done_is_not_done_twice(tmp_path: Path) -> None:
    """R20: the next try goes on with what failed."""
    async with rig(tmp_path, plan({}, {"before": [FIRST, SECOND]})) as story:
        rollout = await story.until_gate(await story.start())
        story.effects[1].far.trouble = Trouble.FAIL
        rollout = await story.approve(rollout)
        story.effects[1].far.trouble = None
        await story.engine.desk.resume(story.request("resume"), rollout.id, "mended")
        rollout = await up(story, rollout)
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(10))
        assert story.effects[0].journal == ["begin effect 0", "begin effect 1", "begin effect 1"]


async def test_a_first_stage_whose_before_failed_starts_again_with_preflight(tmp_path: Path) -> None:
    async with rig(tmp_path, plan({"before": [FIRST, SECOND]})) as story:
        story.effects[1].far.trouble = Trouble.HALF
        rollout = await story.start()
        assert (rollout.state, rollout.confirmed) == (State.HELD, ZERO)
        story.effects[1].far.trouble = None
        await story.engine.desk.resume(story.request("resume"), rollout.id, "mended")
        await story.minutes(1)
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(1))
        assert story.effects[0].journal.count("begin effect 0") == 1


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


async def test_after_a_stage_is_done_when_it_was_left_and_the_next_waits_for_it(tmp_path: Path) -> None:
    """R20: told once, tried again, and nothing rises until it is done."""
    async with rig(tmp_path, plan({"after": [FIRST]})) as story:
        rollout = await story.start()
        assert story.effects[0].journal == []
        story.effects[0].far.trouble = Trouble.FAIL
        rollout = await story.until_gate(await up(story, rollout))
        rollout = await story.approve(rollout)
        assert (rollout.state, rollout.confirmed) == (State.GATE, Weight(10))
        assert (await story.kinds_on_record(rollout)).count("action_failed") == 1
        story.effects[0].far.trouble = None
        await story.minutes(6)
        assert story.effects[0].stands
        assert (await story.load(rollout)).confirmed == Weight(100)


async def test_final_actions_come_when_all_is_completed_and_stay(tmp_path: Path) -> None:
    """R20: after the last stage's own; what is only held for the rollout goes then, in reverse (U9)."""
    lasting = {"before": [FIRST, HELD]}
    async with rig(tmp_path, plan(lasting, {}, {"after": [SECOND]}, when_completed=[SECOND]), effects=3) as story:
        rollout = await to_the_end(story, await story.start())
        assert rollout.state is State.COMPLETED
        assert story.effects[0].journal[2:] == ["begin effect 1", "begin effect 1", "end effect 2"]
        assert story.effects[0].stands
        assert not story.effects[2].stands
        assert not rollout.watched


async def test_final_actions_that_fail_keep_no_silence_alive(tmp_path: Path) -> None:
    """U9: and they are tried on."""
    async with rig(tmp_path, plan({"before": [HELD]}, when_completed=[FIRST])) as story:
        story.effects[0].far.trouble = Trouble.FAIL
        rollout = await story.start()
        assert rollout.state is State.ABORTED
        story.effects[0].far.trouble = None
        rollout = await story.start()
        rollout = await up(story, await up(story, rollout))
        story.effects[0].far.trouble = Trouble.FAIL
        await story.minutes(6)
        rollout = await story.load(rollout)
        assert rollout.state is State.COMPLETED
        assert not story.effects[2].stands
        story.effects[0].far.trouble = None
        await story.minutes(2)
        assert story.effects[0].stands


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


async def test_who_only_watches_does_none_and_who_takes_over_does_none_of_what_is_behind(tmp_path: Path) -> None:
    """U2."""
    whole = plan({"before": [FIRST], "after": [FIRST]}, {"before": [FIRST], "after": [SECOND]}, {"before": [THIRD]})
    async with rig(tmp_path, whole) as story:
        story.traffic[0].weight = Weight(10)
        watching = await story.start(how="observe", weight="10%")
        await story.minutes(3)
        assert story.effects[0].journal == []
        await story.engine.desk.rollback(story.request("rollback"), watching.id, "enough")
        rollout = await story.start(user=BEN, how="adopt", weight="10%", reason="it is there")
        assert rollout.confirmed == Weight(10)
        await up(story, rollout, CLEO)
        assert story.effects[0].journal == ["begin effect 2", "begin effect 1"]


async def test_a_crash_in_the_middle_of_a_before(tmp_path: Path) -> None:
    """Law 5: what nobody knows of is done again, under its key."""
    async with rig(tmp_path, plan({"before": [FIRST, SECOND]})) as story:
        story.effects[1].hanging = asyncio.Event()
        rollout = await story.engine.desk.start(story.request("start"), _start())
        await story.engine.ticker.tick()
        key = f"{rollout.id}-1-before-2"
        async with asyncio.timeout(30):
            await story.effects[1].far.until_called(f"begin {key}")
    story.effects[1].hanging = None
    async with again(story, tmp_path) as later:
        await later.minutes(2)
        rollout = await later.load(rollout)
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(1))
        assert later.effects[1].stands == {key}
        assert later.effects[0].journal.count("begin effect 0") == 1


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


@pytest.mark.usefixtures("both_databases")
async def test_two_processes_do_each_action_once(tmp_path: Path) -> None:
    """Law 6: the lease tells who."""
    async with rig(tmp_path, plan({"before": [FIRST, SECOND]})) as story, beside(story, tmp_path) as other:
        story.effects[0].hanging = asyncio.Event()
        rollout = await story.engine.desk.start(story.request("start"), _start())
        await story.engine.ticker.tick()
        async with asyncio.timeout(30):
            await story.effects[0].far.until_called(f"begin {rollout.id}-1-before-1")
        other.engine.effects.saw(await other.load(rollout))
        idle = asyncio.create_task(other.engine.effects.idle())
        async with asyncio.timeout(30):
            while not idle.done() and len(story.effects[0].journal) == 1:
                await asyncio.sleep(0.01)
        assert story.effects[0].journal == ["begin effect 0"]


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
