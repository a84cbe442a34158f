"""Down is always open, and beats up (laws 2, 5, 7): rollback, kill and hold against everything that can go wrong."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.errors import NotAllowed
from bot.domain.kills import still_on
from bot.domain.machine import State
from bot.domain.obstacles import KillEngaged
from bot.domain.units import ZERO, Weight
from bot.ports import OutOfReach
from tests.fakes.outage import no_database
from tests.fakes.traffic import Trouble
from tests.rig import ANA, BEN, CLEO, DEV, beside, rig, sick, tree
from tests.waiting import HANGS_S

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("both_databases")]


@pytest.mark.parametrize("verb", ["rollback", "kill"])
async def test_who_rolls_back_what_somebody_just_brought_down_has_what_he_wants(tmp_path: Path, verb: str) -> None:
    """Law 6: the second of two people may come after the first has been served; nothing is done twice, nor refused."""
    async with rig(tmp_path) as story:
        rollout = await story.until_gate(await story.start())
        if verb == "kill":
            await story.engine.desk.kill(story.request("kill", BEN), rollout.id, "fire")
        else:
            await story.engine.desk.rollback(story.request("rollback", BEN), rollout.id, "looks bad")
        await story.settle()
        kinds = await story.kinds_on_record(rollout)
        late = await story.engine.desk.rollback(story.request("rollback", CLEO), rollout.id, "looks bad")
        await story.settle()
        assert late.state.brought_down
        assert await story.kinds_on_record(rollout) == kinds


async def test_a_raise_that_is_never_confirmed_goes_back_and_is_held(tmp_path: Path) -> None:
    """R10: the far side says done and changes nothing; nobody pretends."""
    async with rig(tmp_path, tree(confirm={"within": "200ms"})) as story:
        story.traffic[0].far.trouble = Trouble.LIE
        rollout = await story.start()
        assert rollout.state is State.HELD
        assert rollout.confirmed == ZERO
        assert "unconfirmed" in await story.kinds_on_record(rollout)


async def test_a_raise_that_lands_after_it_was_given_up_is_lowered_by_the_next_check(tmp_path: Path) -> None:
    """Laws 7 and 10: late is undone and told."""
    async with rig(tmp_path, tree(confirm={"within": "200ms"})) as story:
        story.traffic[0].far.trouble = Trouble.LATE
        rollout = await story.start()
        assert rollout.state is State.HELD
        await story.settle()
        story.traffic[0].far.trouble = None
        story.traffic[0].coming = Weight(1)
        story.traffic[0].arrive()
        await story.minutes(2)
        assert story.traffic[0].weight == ZERO
        assert "drift" in await story.kinds_on_record(rollout)


async def test_a_rollback_during_a_hanging_raise_wins(tmp_path: Path) -> None:
    """Law 7: down beats up, even when the raise came first and hangs."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        rollout = await story.until_gate(rollout)
        story.traffic[0].far.trouble = Trouble.HANG
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
        async with asyncio.timeout(HANGS_S):
            await story.traffic[0].far.until_called("read")
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "looks bad")
        story.traffic[0].far.trouble = None
        await story.engine.ticker.idle()
        rollout = await story.load(rollout)
        assert (rollout.state, story.traffic[0].weight) == (State.ROLLED_BACK, ZERO)


async def test_a_weight_that_will_not_come_down_is_stuck_and_tried_for_ever(tmp_path: Path) -> None:
    """Stuck is for downward actions: it pages, tries again, and never pretends."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.traffic[0].far.trouble = Trouble.FAIL
        await story.engine.desk.rollback(story.request("rollback"), rollout.id, "")
        await story.engine.ticker.idle()
        assert (await story.load(rollout)).state is State.STUCK
        await story.minutes(2)
        assert (await story.load(rollout)).state is State.STUCK
        story.traffic[0].far.trouble = None
        await story.minutes(1)
        assert (await story.load(rollout)).state is State.ROLLED_BACK
        assert (await story.kinds_on_record(rollout)).count("stuck") == 1


async def test_a_kill_engages_its_tier_and_takes_the_weight_to_zero(tmp_path: Path) -> None:
    """T9, X3: methods and weight 0 side by side; applied and read back are on record."""
    async with rig(tmp_path, tree(killed_when=["new_jobs == 0 within 30s"])) as story:
        rollout = await story.start()
        await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
        assert (story.traffic[0].weight, story.kills[0].standing) == (ZERO, "off")
        await story.minutes(0.1, step_s=2)
        rollout = await story.load(rollout)
        assert rollout.state is State.KILLED
        assert rollout.kill is not None
        assert rollout.kill.applied_at is not None
        assert rollout.kill.read_back_at is not None
        assert rollout.kill.measured_at is not None
        assert await story.engine.desk.verify(rollout) is None


async def test_a_kill_works_while_the_database_is_away(tmp_path: Path) -> None:
    """Law 2, X4: from the card and through the spool; evidence follows when the database is back."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        with no_database():
            story.people.away = OutOfReach("Slack is away too")
            await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
            assert (story.traffic[0].weight, story.kills[0].standing) == (ZERO, "off")
            assert len(story.engine.files.spooled()) == 1
        story.people.away = None
        await story.minutes(0.1, step_s=2)
        rollout = await story.load(rollout)
        assert rollout.state is State.KILLED
        assert story.engine.files.spooled() == []
        assert "killing" in await story.kinds_on_record(rollout)


async def test_a_rollback_goes_by_the_card_while_the_database_is_away(tmp_path: Path) -> None:
    """Law 2 for rollback: the same card, the same spool."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        with no_database():
            await story.engine.desk.rollback(story.request("rollback"), rollout.id, "bad")
            assert story.traffic[0].weight == ZERO
        await story.settle()
        assert (await story.load(rollout)).state is State.ROLLED_BACK


async def test_nobody_can_start_until_a_kill_is_rearmed(tmp_path: Path) -> None:
    """T9: rearm puts back what was there, and only then may the plan start."""
    async with rig(tmp_path, tree(cooldown="0s")) as story:
        rollout = await story.start()
        await story.engine.desk.kill(story.request("kill"), rollout.id, "")
        await story.minutes(0.1, step_s=2)
        with pytest.raises(KillEngaged):
            await story.start()
        await story.engine.desk.rearm(story.request("rearm"), rollout.id)
        assert story.kills[0].standing == "on"
        assert (await story.start()).state is State.BAKING


async def test_a_person_without_the_role_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    """S6: told, with whom to ask."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        with pytest.raises(NotAllowed) as refused:
            await story.engine.desk.rollback(story.request("rollback", DEV), rollout.id, "")
        assert "@sre" in refused.value.next_step
        assert (await story.load(rollout)).state is State.BAKING


async def test_a_sick_source_holds_and_never_rolls_back(tmp_path: Path) -> None:
    """Law 3: no data waits, is told with its reason, and ends in a hold."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(1)
        story.numbers.values["success"] = sick()
        await story.minutes(2)
        assert (await story.load(rollout)).state is State.BAKING
        await story.minutes(3)
        rollout = await story.load(rollout)
        assert (rollout.state, story.traffic[0].weight) == (State.HELD, Weight(1))
        assert "no_data" in await story.kinds_on_record(rollout)


async def test_drift_upward_is_lowered_and_drift_downward_is_held(tmp_path: Path) -> None:
    """Law 10: never repaired upward."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.traffic[0].weight = Weight(50)
        await story.minutes(1)
        assert story.traffic[0].weight == Weight(1)
        assert (await story.load(rollout)).state is State.HELD
        await story.engine.desk.resume(story.request("resume", ANA), rollout.id, "")
        story.traffic[0].weight = ZERO
        await story.minutes(2)
        assert story.traffic[0].weight == ZERO
        assert (await story.load(rollout)).state is State.HELD


async def test_nothing_rises_while_a_file_that_may_hide_a_kill_cannot_be_read(tmp_path: Path) -> None:
    """Law 2: while a spool is visible, nobody raises; a torn one counts."""
    async with rig(tmp_path) as story:
        (tmp_path / "state" / "spool" / "torn.jsonl").write_text("{half a ki")
        rollout = await story.start()
        assert (rollout.state, story.traffic[0].weight) == (State.HELD, ZERO)
        assert rollout.hold is not None
        assert "torn.jsonl" in rollout.hold.why


async def test_one_method_without_its_environment_stops_none_of_the_others(tmp_path: Path) -> None:
    """T9: each method has its own outcome; a missing variable is that method's fault alone."""
    switches = [[{"kind": "fake", "number": 0}, {"kind": "fake", "where": "${NOWHERE}"}]]
    async with rig(tmp_path, tree(kill_switch=[[{"kind": "fake"}]])) as story:
        rollout = await story.start()
        card = story.engine.files.card(rollout.id)
        assert card is not None
        story.engine.files.keep_card(card.model_copy(update={"tree": {**card.tree, "kill_switch": switches}}))
        await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
        assert (story.traffic[0].weight, story.kills[0].standing) == (ZERO, "off")
        rollout = await story.load(rollout)
        assert rollout.kill is not None
        faults = [outcome.fault for outcome in rollout.kill.outcomes if outcome.fault]
        assert faults == ["fake: the environment variable NOWHERE is not set; set it where Perch runs"]


async def test_kill_all_takes_what_is_live_and_leaves_what_has_completed(tmp_path: Path) -> None:
    """U4: stop everything that is under way; a completed rollout can still be killed by name."""
    async with rig(tmp_path, tree(stages=tree()["stages"][:1])) as story:
        done = await story.start()
        await story.minutes(6)
        assert (await story.load(done)).state is State.COMPLETED
        await story.engine.cards.aclose()
        assert await story.engine.desk.kill_all(story.request("kill"), "fire") == []
        assert story.traffic[0].weight == Weight(1)
        await story.engine.desk.kill(story.request("kill"), done.id, "it went bad later")
        assert story.traffic[0].weight == ZERO
        await story.minutes(0.1, step_s=2)
        assert (await story.load(done)).state is State.KILLED
        await story.engine.cards.aclose()
        assert story.engine.files.cards() == []


async def test_a_kill_does_not_wait_for_a_slack_that_hangs(tmp_path: Path) -> None:
    """Law 2: after half a second the kill card says who may; somebody it doesn't name is refused."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        story.people.hanging = True
        with pytest.raises(NotAllowed):
            await story.engine.desk.kill(story.request("kill", DEV), rollout.id, "")
        async with asyncio.timeout(HANGS_S):
            await story.engine.desk.kill(story.request("kill", ANA), rollout.id, "fire")
        assert (story.traffic[0].weight, story.kills[0].standing) == (ZERO, "off")


async def test_a_kill_without_a_card_does_not_wait_for_slack_to_name_its_operators(tmp_path: Path) -> None:
    """Law 2: on a machine that has no card yet one is made, and whom it names is the least of it."""
    async with rig(tmp_path) as story, beside(story, tmp_path, state="elsewhere") as other:
        rollout = await story.start()
        story.people.hanging = True
        async with asyncio.timeout(HANGS_S):
            await other.engine.desk.kill(other.request("kill", surface="shell"), rollout.id, "fire")
        assert story.traffic[0].weight == ZERO


@pytest.mark.parametrize("what", ["method", "target"])
async def test_two_that_are_called_alike_are_two(tmp_path: Path, what: str) -> None:
    """Law 2: two flags behind one address have one name for people; one that is off doesn't speak for the other."""
    alike = [{"kind": "fake"}, {"kind": "fake", "number": 1}]
    given = tree(kill_switch=[alike]) if what == "method" else tree(traffic=alike)
    async with rig(tmp_path, given, switches=2, targets=2) as story:
        both = story.kills if what == "method" else story.traffic
        for each in both:
            each.target = "fake https://flags.example enabled"
        rollout = await story.start()
        assert rollout.state is State.BAKING
        both[1].far.trouble = Trouble.DENY
        killed = await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
        assert killed.kill is not None
        assert len(still_on(killed.kill)) == 1
        await story.settle()
        await story.minutes(0.2, step_s=2)
        rollout = await story.load(rollout)
        assert rollout.state in (State.KILLING, State.STUCK)
        both[1].far.trouble = None
        await story.minutes(0.2, step_s=2)
        assert (await story.load(rollout)).state is State.KILLED
        assert [each.standing for each in story.kills] == (["off", "off"] if what == "method" else ["off", "on"])
        assert [each.weight for each in story.traffic] == [ZERO, ZERO if what == "target" else story.traffic[1].weight]
