"""Actions before a stage, after it and at the end (R20): in order, once, and nothing rises without them."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.machine import State
from bot.domain.units import ZERO, Weight
from tests.bot.engine.effect_stories import FIRST, HELD, SECOND, THIRD, first_start, plan, roll_back, to_the_end, up
from tests.fakes.traffic import Trouble, first_of
from tests.rig import BEN, CLEO, again, beside, rig
from tests.waiting import HANGS_S, until

pytestmark = pytest.mark.anyio


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
        rollout = await story.engine.desk.start(story.request("start"), first_start())
        await story.engine.ticker.tick()
        begun = story.effects[0].far.until_called(f"begin {rollout.id}-1-before-1")
        async with asyncio.timeout(HANGS_S):
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
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
        key = f"{rollout.id}-2-before-1"
        async with asyncio.timeout(HANGS_S):
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
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
        async with asyncio.timeout(HANGS_S):
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
        rollout = await story.engine.desk.start(story.request("start"), first_start())
        await story.engine.ticker.tick()
        key = f"{rollout.id}-1-before-2"
        async with asyncio.timeout(HANGS_S):
            await story.effects[1].far.until_called(f"begin {key}")
    story.effects[1].hanging = None
    async with again(story, tmp_path) as later:
        await later.minutes(2)
        rollout = await later.load(rollout)
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(1))
        assert later.effects[1].stands == {key}
        assert later.effects[0].journal.count("begin effect 0") == 1


@pytest.mark.usefixtures("both_databases")
async def test_two_processes_do_each_action_once(tmp_path: Path) -> None:
    """Law 6: the lease tells who."""
    async with rig(tmp_path, plan({"before": [FIRST, SECOND]})) as story, beside(story, tmp_path) as other:
        story.effects[0].hanging = asyncio.Event()
        rollout = await story.engine.desk.start(story.request("start"), first_start())
        await story.engine.ticker.tick()
        async with asyncio.timeout(HANGS_S):
            await story.effects[0].far.until_called(f"begin {rollout.id}-1-before-1")
        other.engine.effects.saw(await other.load(rollout))
        idle = asyncio.create_task(other.engine.effects.idle())
        await until(lambda: idle.done() or len(story.effects[0].journal) > 1)
        assert story.effects[0].journal == ["begin effect 0"]


async def test_what_was_begun_for_a_former_raise_and_fails_is_tried_for_the_present_one(tmp_path: Path) -> None:
    """R20: held and resumed while it hung, it fails in the middle of the next raise, which must not wait for ever."""
    async with rig(tmp_path, plan({}, {"before": [FIRST]})) as story:
        rollout = await story.until_gate(await story.start())
        story.effects[0].hanging = asyncio.Event()
        request = story.request("approve", BEN, surface="button", gate=rollout.gate.id if rollout.gate else "")
        await story.engine.desk.approve(request, rollout.id)
        async with asyncio.timeout(HANGS_S):
            await story.effects[0].far.until_called(f"begin {rollout.id}-2-before-1")
        await story.engine.desk.hold(story.request("hold"), rollout.id, "wait", None)
        await story.engine.works.idle()
        rollout = await story.engine.desk.resume(story.request("resume"), rollout.id, "go on")
        while rollout.state is not State.GATE:
            story.now += timedelta(minutes=1)
            await story.engine.ticker.tick()
            await story.engine.ticker.idle()
            rollout = await story.load(rollout)
        request = story.request("approve", BEN, surface="button", gate=rollout.gate.id if rollout.gate else "")
        await story.engine.desk.approve(request, rollout.id)
        story.effects[0].far.trouble = Trouble.DENY
        story.effects[0].hanging.set()
        await story.rest()
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.confirmed) == (State.HELD, Weight(1))
        assert rollout.hold is not None
        assert rollout.hold.cause == "action"
