"""Law 2's checks: a kill waits for nothing, reaches everything, and is one kill however often it is asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.domain.kills import still_on
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO
from bot.engine.requests import Request
from commands.slack import perform
from tests.fakes.traffic import Trouble
from tests.laws.kills.story import begun, seconds, switches
from tests.laws.pressure import fleet
from tests.rig import tree


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
