"""Law 2's checks: nobody goes up over a kill, and a kill is rehearsed before it is needed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.domain.machine import State
from bot.domain.units import ZERO, Weight
from tests.fakes.traffic import Trouble
from tests.laws.kills.story import an_act, begun, seconds
from tests.laws.pressure import fleet
from tests.rig import rig, tree


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
        story.engine.files.begin(an_act(rollout.id, rollout.plan, story))
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
        await story.engine.ticker.idle()
        assert "apply 10%" not in story.traffic[0].far.calls, "raised over a visible spool"


async def the_card_is_rewritten_before_each_raise(folder: Path, patience_s: float) -> None:
    async with rig(folder) as story:
        rollout = await story.until_gate(await story.start())
        story.engine.files.drop_card(rollout.id)
        story.traffic[0].far.trouble = Trouble.HANG
        story.traffic[0].far.calls.clear()
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
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
        await story.engine.desk.approve(story.yes(rollout), rollout.id)
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
