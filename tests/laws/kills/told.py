"""Law 2's checks: what came of a kill is told, and a tier that misses its time is followed by the next."""

from __future__ import annotations

from pathlib import Path

from bot.domain.kills import still_on
from bot.domain.machine import State
from tests.fakes.traffic import Trouble
from tests.laws.kills.story import TIER, an_act, begun, seconds, switches
from tests.laws.pressure import fleet


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
        story.engine.files.begin(an_act(card.rollout, card.plan, story))
        await story.engine.ticker.tick()
        await story.is_off(0)
