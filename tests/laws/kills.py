"""What law 2 promises of a kill, each as a check: the law's tests run it as it is, and against planted bugs.

`patience_s` is how long is waited for what must come; nothing is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import NotNow
from bot.domain.kills import still_on
from bot.domain.machine import State
from bot.domain.obstacles import AlreadyLive, KillEngaged
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine.requests import Request
from bot.ports import Spooled
from commands.slack import perform
from tests.fakes.traffic import Trouble
from tests.laws.pressure import Fleet, a_tree, fleet
from tests.rig import ANA, BEN, Rig, rig, tree

Check = Callable[[Path, float], Awaitable[None]]
TIER = timedelta(seconds=11)
"""A tier's time, and a second."""


def switches(*tiers: tuple[int, ...], **changes: Any) -> dict[str, Any]:
    """A plan with these switches in its tiers."""
    parts = [[{"kind": "fake", "number": number} for number in tier] for tier in tiers]
    return a_tree(0, kill_switch=parts, **changes)


async def begun(story: Fleet, **more: Any) -> asyncio.Task[Rollout]:
    """A kill of the first rollout, under way."""
    request = story.request("kill", **more)
    return story.begin(story.engine.desk.kill(request, story.rollouts[0].id, "fire"))


async def seconds(story: Rig, number: int) -> None:
    """Let that many seconds pass, with a tick at each."""
    await story.minutes(number / 60, step_s=1)


# ---- nothing is waited for --------------------------------------------------------------------------------------


async def a_kill_passes_checks_that_hang(folder: Path, patience_s: float, count: int = 30) -> None:
    async with fleet(folder, count, patience_s=patience_s) as story:
        await story.all_hang()
        typed = story.request("kill", words=("plan-1", "fire"))
        clicked = story.request("kill", surface="button", rollout=story.rollouts[2].id)
        killing = [story.begin(perform(each, story.engine.desk)) for each in (typed, clicked)]
        await story.is_off(1)
        await story.is_off(2)
        assert not story.source.go.is_set()
        assert set(story.traffic[3].far.calls) <= {"read"}, "somebody else's traffic was touched"
        async with asyncio.timeout(patience_s):
            await asyncio.gather(*killing)


async def a_kill_waits_for_no_commit(folder: Path, patience_s: float) -> None:
    async with fleet(folder, patience_s=patience_s) as story:
        story.store.hang()
        killing = await begun(story)
        await story.is_off(0)
        assert [act.reason for act in story.engine.files.spooled()] == ["fire"]
        story.store.heal()
        async with asyncio.timeout(patience_s):
            await killing
        await story.on_record(story.rollouts[0], "killing")


async def a_name_is_found_without_the_database(folder: Path, patience_s: float) -> None:
    async with fleet(folder, 2, patience_s=patience_s) as story:
        story.store.hang()
        killing = story.begin(perform(story.request("kill", words=("plan-1",)), story.engine.desk))
        await story.is_off(1)
        assert story.kills[0].far.calls == ["former"], "another plan was killed"
        story.store.heal()
        await killing


async def one_method_that_hangs_delays_no_other(folder: Path, patience_s: float) -> None:
    async with fleet(folder, plan=switches((0, 1, 2)), switches=3, patience_s=patience_s) as story:
        story.kills[0].far.trouble = Trouble.HANG
        killing = await begun(story)
        for far in (story.kills[1].far, story.kills[2].far, story.traffic[0].far):
            await story.reached(far, "engaged" if far is not story.traffic[0].far else "apply 0%")
        try:
            async with asyncio.timeout(patience_s):
                killed = await killing
        except TimeoutError:
            raise AssertionError("a kill waits for a method for ever") from None
        assert killed.kill is not None
        assert [each.split(":")[0] for each in still_on(killed.kill)] == ["fake switch 0"]


async def a_breach_kills_every_tier_before_its_check_is_on_record(folder: Path, patience_s: float) -> None:
    stages = [{**stage, "on_breach": "kill"} for stage in tree()["stages"]]
    async with fleet(folder, plan=switches((0,), (1,), stages=stages), switches=2, patience_s=patience_s) as story:
        await story.all_hang()
        story.source.number = 50.0
        story.store.hang()
        story.source.go.set()
        await story.is_off(0)
        await story.reached(story.kills[1].far, "engage")
        story.store.heal()
        await story.on_record(story.rollouts[0], "verdict_changed")
        await story.on_record(story.rollouts[0], "killing")


async def a_disk_that_refuses_the_spool_stops_no_kill(folder: Path, patience_s: float) -> None:
    async with fleet(folder, patience_s=patience_s) as story:
        story.store.away = "the disk is full"
        (folder / "state" / "spool").rmdir()
        await begun(story)
        await story.is_off(0)
        assert [act.reason for act in story.engine.files.spooled()] == ["fire"], "nothing that a fence could see"


# ---- what came of it is told ------------------------------------------------------------------------------------


async def what_is_still_on_is_said(folder: Path, patience_s: float) -> None:
    async with fleet(folder, plan=switches((0, 1)), switches=2, patience_s=patience_s) as story:
        story.kills[0].far.trouble = Trouble.FAIL
        killed = await (await begun(story))
        assert killed.kill is not None
        assert still_on(killed.kill) == ["fake switch 0: the fake can't be reached"]
        await story.on_record(killed, "kill_partly")
        await seconds(story, 3)
        assert (await story.load(killed)).state is State.KILLING, "done, with something still on"
        story.kills[0].far.trouble = None
        await seconds(story, 3)
        assert (await story.load(killed)).state is State.KILLED
        assert story.kills[0].standing == "off"


async def done_is_read_back_and_not_ok(folder: Path, patience_s: float) -> None:
    async with fleet(folder, patience_s=patience_s) as story:
        story.kills[0].far.trouble = Trouble.LIE
        killed = await (await begun(story))
        await seconds(story, 3)
        known = (await story.load(killed)).kill
        assert known is not None
        assert known.applied_at is not None
        assert known.read_back_at is None, "read back, and it isn't off"


async def the_three_times_are_on_record(folder: Path, patience_s: float) -> None:
    async with fleet(folder, plan=switches((0,), killed_when=["new_jobs == 0 within 30s"])) as story:
        story.source.number = 0.0
        story.source.go.set()
        killed = await (await begun(story))
        await seconds(story, 2)
        [record] = [each for each in await story.engine.rollouts.records(killed.id) if each.kind == "killed"]
        assert None not in [record.body[time] for time in ("applied_s", "read_back_s", "measured_s")]


async def a_sick_source_widens_no_tier(folder: Path, patience_s: float) -> None:
    plan = switches((0,), (1,), killed_when=["new_jobs == 0 within 5s"])
    async with fleet(folder, plan=plan, switches=2) as story:
        story.source.go.set()
        killed = await (await begun(story))
        await seconds(story, 14)
        assert story.kills[1].standing == "on", "a source that can't be asked widened the tier"
        [record] = [each for each in await story.engine.rollouts.records(killed.id) if each.kind == "killed"]
        assert "new_jobs == 0" in record.body["not_measured"]


# ---- tiers ------------------------------------------------------------------------------------------------------


async def the_next_tier_runs_when_one_misses_its_time(folder: Path, patience_s: float) -> None:
    async with fleet(folder, plan=switches((0,), (1,)), switches=2, patience_s=patience_s) as story:
        story.kills[0].far.trouble = Trouble.LIE
        killed = await (await begun(story))
        assert story.kills[1].standing == "on"
        story.now += TIER
        await seconds(story, 2)
        assert story.kills[1].standing == "off", "the wider tier didn't run"
        assert "kill_tier" in await story.kinds_on_record(killed)


async def the_next_tier_runs_without_a_database(folder: Path, patience_s: float) -> None:
    async with fleet(folder, plan=switches((0,), (1,)), switches=2, patience_s=patience_s) as story:
        story.kills[0].far.trouble = Trouble.HANG
        story.store.away = "the disk is gone"
        await (await begun(story))
        assert story.kills[1].standing == "on"
        story.now += TIER
        await story.reached(story.kills[1].far, "engage")
        story.kills[0].far.trouble = None
        await story.becomes(lambda: story.kills[0].standing == "off", "what failed wasn't tried again")


async def a_process_that_finds_a_spool_goes_on_with_it(folder: Path, patience_s: float) -> None:
    async with fleet(folder, patience_s=patience_s) as story:
        card = story.engine.files.card(story.rollouts[0].id)
        assert card is not None
        story.store.away = "the disk is gone"
        story.engine.files.begin(_act(card.rollout, card.plan, story))
        await story.engine.ticker.tick()
        await story.is_off(0)


def _act(rollout: str, plan: str, story: Rig) -> Spooled:
    return Spooled(
        key="left",
        what="kill",
        rollout=rollout,
        plan=plan,
        environment="production",
        by=ANA,
        by_name="",
        reason="left by another process",
        at=story.now,
    )


# ---- nobody goes up meanwhile -----------------------------------------------------------------------------------


async def a_spool_is_merged_when_the_database_is_back(folder: Path, patience_s: float) -> None:
    async with fleet(folder, patience_s=patience_s) as story:
        story.store.away = "the disk is gone"
        await (await begun(story))
        story.store.heal()
        story.source.go.set()
        await seconds(story, 2)
        assert story.engine.files.spooled() == []
        rollout = await story.load(story.rollouts[0])
        assert rollout.state is State.KILLED
        assert {"killing", "kill_outcome", "killed"} <= set(await story.kinds_on_record(rollout))
        assert await story.engine.desk.verify(rollout) is None


async def nobody_raises_while_a_spool_is_visible(folder: Path, patience_s: float) -> None:
    async with rig(folder) as story:
        rollout = await story.until_gate(await story.start())
        story.engine.files.begin(_act(rollout.id, rollout.plan, story))
        gate = rollout.gate.id if rollout.gate else ""
        await story.engine.desk.approve(story.request("approve", BEN, gate=gate), rollout.id)
        await story.engine.ticker.idle()
        assert "apply 10%" not in story.traffic[0].far.calls, "raised over a visible spool"


async def the_card_is_rewritten_before_each_raise(folder: Path, patience_s: float) -> None:
    async with rig(folder) as story:
        rollout = await story.until_gate(await story.start())
        story.engine.files.drop_card(rollout.id)
        story.traffic[0].far.trouble = Trouble.HANG
        gate = rollout.gate.id if rollout.gate else ""
        story.traffic[0].far.calls.clear()
        await story.engine.desk.approve(story.request("approve", BEN, gate=gate), rollout.id)
        async with asyncio.timeout(patience_s):
            await story.traffic[0].far.until_called("read")
        card = story.engine.files.card(rollout.id)
        assert card is not None, "a raise began, and there's no card to bring it down by"
        assert card.revision > rollout.revision
        await story.engine.works.aclose()


async def a_raise_that_lands_after_the_kill_is_undone(folder: Path, patience_s: float) -> None:
    async with rig(folder, tree(confirm={"within": "20s"})) as story:
        rollout = await story.until_gate(await story.start())
        story.traffic[0].far.trouble = Trouble.LATE
        gate = rollout.gate.id if rollout.gate else ""
        await story.engine.desk.approve(story.request("approve", BEN, gate=gate), rollout.id)
        async with asyncio.timeout(patience_s):
            await story.traffic[0].far.until_called("apply 10%")
        story.traffic[0].far.trouble = None
        late, story.traffic[0].coming = story.traffic[0].coming, None
        await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
        await seconds(story, 5)
        story.traffic[0].coming = late
        story.traffic[0].arrive()
        assert story.traffic[0].weight == Weight(10)
        await seconds(story, 25)
        rollout = await story.load(rollout)
        assert (rollout.state, story.traffic[0].weight) == (State.KILLED, ZERO), "the late raise stands"


# ---- rehearsed --------------------------------------------------------------------------------------------------


async def a_kill_is_rehearsed_before_the_start_and_every_hour(folder: Path, patience_s: float) -> None:
    async with rig(folder, tree(stages=[{**tree()["stages"][0], "bake": "9h"}])) as story:
        rollout = await story.start()
        assert rollout.rehearsed_at == story.now
        [before] = [each for each in await story.engine.rollouts.records(rollout.id) if each.kind == "preflight"]
        assert [each.split(":")[0] for each in before.body["rehearsed"]] == [
            "kill switch fake switch 0",
            "traffic fake traffic 0",
            "kill card and spool",
        ]
        story.engine.files.drop_card(rollout.id)
        await story.minutes(125, step_s=300)
        assert story.engine.files.card(rollout.id) is not None, "a lost card wasn't seen"
        assert (await story.kinds_on_record(rollout)).count("rehearsal") == 2
        assert (story.kills[0].standing, story.traffic[0].weight) == ("on", Weight(1)), "a rehearsal changed something"


async def a_kill_that_cannot_be_rehearsed_stops_the_start(folder: Path, patience_s: float) -> None:
    async with rig(folder) as story:
        (folder / "state" / "spool").rmdir()
        (folder / "state" / "spool").write_text("in its place")
        rollout = await story.start()
        assert (rollout.state, story.traffic[0].weight) == (State.ABORTED, ZERO)


async def nothing_rises_after_a_failed_rehearsal_until_one_goes_well(folder: Path, patience_s: float) -> None:
    long = [{**stage, "bake": "70m"} for stage in tree()["stages"]]
    async with rig(folder, tree(stages=long)) as story:
        rollout = await story.start()
        await story.minutes(58)
        story.kills[0].far.trouble = Trouble.DENY
        await story.minutes(20)
        rollout = await story.load(rollout)
        assert rollout.state is State.GATE
        rollout = await story.approve(rollout)
        await story.minutes(2)
        assert story.traffic[0].weight == Weight(1), "raised, and a kill wouldn't reach its switch"
        assert (await story.kinds_on_record(rollout)).count("rehearsal_failed") == 1
        story.kills[0].far.trouble = None
        await story.minutes(3)
        assert "rehearsed" in await story.kinds_on_record(rollout)
        assert story.traffic[0].weight == Weight(10)


# ---- coming back ------------------------------------------------------------------------------------------------


async def rearm_puts_back_what_was_engaged_and_only_that(folder: Path, patience_s: float) -> None:
    async with rig(folder, tree(cooldown="0s", kill_switch=_fakes((0,), (1,))), switches=2) as story:
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
        await _refused(story)
        await seconds(story, 3)
        await _refused(story)
        story.kills[0].far.trouble = Trouble.FAIL
        with pytest.raises(NotNow) as refused:
            await story.engine.desk.rearm(story.request("rearm"), rollout.id)
        assert "fake switch 0: the fake can't be reached" in str(refused.value)
        await _refused(story)
        story.kills[0].far.trouble = None
        await story.engine.desk.rearm(story.request("rearm"), rollout.id)
        story.traffic[0].weight = ZERO
        assert (await story.start()).state is State.BAKING


async def _refused(story: Rig) -> None:
    try:
        await story.start()
    except (KillEngaged, AlreadyLive):
        return
    raise AssertionError("a killed plan was started, and its switch is still engaged")


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
            await _refused(story)
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
        await _refused(story)
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


def _fakes(*tiers: tuple[int, ...]) -> list[list[dict[str, Any]]]:
    return [[{"kind": "fake", "number": number} for number in tier] for tier in tiers]


# ---- all of it, and twice ---------------------------------------------------------------------------------------


async def everything_is_killed_each_with_its_own_outcome(folder: Path, patience_s: float) -> None:
    async with fleet(folder, 4, patience_s=patience_s) as story:
        story.kills[1].far.trouble = Trouble.HANG
        broken = story.engine.files.card(story.rollouts[2].id)
        assert broken is not None
        story.engine.files.keep_card(broken.model_copy(update={"tree": {"name": "plan-2"}}))
        story.engine.files.drop_card(story.rollouts[3].id)
        asked = story.request("kill")
        came = {each.rollout: each for each in await story.engine.desk.kill_all(asked, "fire")}
        assert sorted(came) == [rollout.id for rollout in story.rollouts]
        assert [came[rollout.id].fault != "" for rollout in story.rollouts] == [False, False, True, False]
        assert [came[rollout.id].still_on != () for rollout in story.rollouts] == [False, True, False, False]
        assert [story.kills[number].standing for number in (0, 3)] == ["off", "off"]
        assert [story.traffic[number].weight for number in (0, 1, 3)] == [ZERO] * 3


async def the_same_act_engages_once_and_a_second_kill_joins_the_first(folder: Path, patience_s: float) -> None:
    async with fleet(folder, patience_s=patience_s) as story:
        first, second = story.request("kill"), story.request("kill")
        id = story.rollouts[0].id

        async def kill(request: Request) -> Rollout:
            return await story.engine.desk.kill(request, id, "fire")

        await asyncio.gather(kill(first), kill(first), kill(second))
        assert story.kills[0].far.calls.count("engage") == 2
        await seconds(story, 3)
        kinds = await story.kinds_on_record(story.rollouts[0])
        assert (kinds.count("killing"), kinds.count("killed")) == (1, 1)
        await kill(first)
        assert story.kills[0].far.calls.count("engage") == 2
