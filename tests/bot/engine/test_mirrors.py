"""A mirror (R8): on with its stage, off on every way down, and never up by itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine import actions
from bot.ports import OutsideFault, Spooled
from tests.bot.engine.mirror_stories import (
    a_plan,
    breach,
    kill,
    mirror,
    overtaken_raise,
    raised_until,
    roll_back,
    until,
)
from tests.fakes.outage import no_database
from tests.fakes.traffic import Trouble
from tests.rig import Rig, again, rig
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

ALL = Weight(100)


async def start(story: Rig, weight: str = "1%") -> Rollout:
    rollout = await story.start(weight=weight)
    assert rollout.state is State.BAKING
    return rollout


async def test_a_dark_launch_serves_nobody_copies_all_and_ends_with_its_stage(tmp_path: Path) -> None:
    """R8: judged before anybody is served; intended and read back, as every change outside."""
    async with rig(tmp_path, a_plan()) as story:
        rollout = await start(story)
        assert (story.traffic[0].weight, mirror(story).weight, rollout.mirror) == (ZERO, ALL, ALL)
        records = await story.engine.rollouts.records(rollout.id)
        (intended,) = [record.body for record in records if record.kind == "intended"]
        (applied,) = [record.body for record in records if record.kind == "applied"]
        assert (intended["weight"], intended["mirror"], intended["mirror_before"]) == (0, 100, 0)
        assert applied["targets"] == ["fake traffic 0", "fake traffic 0 mirror"]
        assert (applied["before"], applied["after"]) == (
            ["weight = 0%", "weight = 0%"],
            ["weight = 0%", "weight = 100%"],
        )
        rollout = await story.approve(await story.until_gate(rollout))
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(1))
        assert (story.traffic[0].weight, mirror(story).weight, rollout.mirror) == (Weight(1), ZERO, ZERO)


WAYS_DOWN = {
    "rollback": (roll_back, State.ROLLED_BACK),
    "kill": (kill, State.KILLED),
    "breach": (breach, State.ROLLED_BACK),
}


async def ends_by(folder: Path, way: str) -> None:
    act, end = WAYS_DOWN[way]
    async with rig(folder, a_plan()) as story:
        rollout = await start(story)
        await act(story, rollout)
        await story.settle()
        rollout = await until(story, rollout, end)
        assert (rollout.mirror, mirror(story).weight) == (ZERO, ZERO)


@pytest.mark.parametrize("way", WAYS_DOWN)
async def test_every_way_down_turns_the_mirror_off_before_it_is_over(tmp_path: Path, way: str) -> None:
    await ends_by(tmp_path, way)


@pytest.mark.parametrize("way", ["rollback", "kill"])
async def test_a_way_down_is_not_over_while_something_is_still_mirrored(tmp_path: Path, way: str) -> None:
    act, end = WAYS_DOWN[way]
    async with rig(tmp_path, a_plan(confirm={"within": "1s"})) as story:
        rollout = await start(story)
        mirror(story).far.trouble = Trouble.FAIL
        await act(story, rollout)
        for _ in range(3):
            story.now += timedelta(seconds=15)
            await story.settle()
        rollout = await story.load(rollout)
        assert rollout.live
        assert story.traffic[0].weight == ZERO
        mirror(story).far.trouble = None
        await until(story, rollout, end)
        assert mirror(story).weight == ZERO


@pytest.mark.parametrize("way", ["rollback", "kill"])
async def test_a_way_down_without_a_database_turns_the_mirror_off_from_the_kill_card(tmp_path: Path, way: str) -> None:
    """Law 2."""
    async with rig(tmp_path, a_plan()) as story:
        rollout = await start(story)
        card = await story.engine.switch.card(rollout.id)
        facts = {"rollout": rollout.id, "plan": rollout.plan, "environment": rollout.environment, "at": story.now}
        spooled = Spooled(key="k", what=way, by="U1", by_name="", reason="enough", **facts)
        with no_database():
            await story.engine.switch.pull(spooled, card)
            assert (story.traffic[0].weight, mirror(story).weight) == (ZERO, ZERO)


async def test_a_raise_that_cannot_mirror_is_given_up_and_nothing_stays_mirrored(tmp_path: Path) -> None:
    async with rig(tmp_path, a_plan(confirm={"within": "1s"})) as story:
        mirror(story).far.trouble = Trouble.HALF
        rollout = await story.start()
        mirror(story).far.trouble = None
        await story.settle()
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.mirror) == (State.HELD, ZERO)
        assert (story.traffic[0].weight, mirror(story).weight) == (ZERO, ZERO)
        assert "unconfirmed" in await story.kinds_on_record(rollout)


async def test_a_crash_between_the_intent_and_the_mirror_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 5: what is wanted stands in the rollout; the next process carries on."""
    async with rig(tmp_path, a_plan(confirm={"within": "30s"})) as story:
        asked = asyncio.Event()

        async def hang(_: Weight) -> None:
            asked.set()
            await asyncio.Event().wait()

        with monkeypatch.context() as patch:
            patch.setattr(mirror(story), "apply", hang)
            rollout = await raised_until(story, asked)
            await story.engine.works.aclose()
        assert (await story.load(rollout)).state is State.SHIFTING
        async with again(story, tmp_path) as later:
            rollout = await until(later, rollout, State.BAKING)
            assert (rollout.mirror, mirror(later).weight) == (ALL, ALL)
            await roll_back(later, rollout)
            await later.engine.works.aclose()
            async with again(later, tmp_path) as last:
                await until(last, rollout, State.ROLLED_BACK)
                assert mirror(last).weight == ZERO


async def lands_late(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A rollback overtakes the raise whose mirror is on its way; the far side carries that out all the same."""
    async with rig(folder, a_plan(confirm={"within": "30s"})) as story:
        _, lands = await overtaken_raise(story, mirror(story), patch)
        lands.set()
        async with asyncio.timeout(HANGS_S):
            await story.engine.works.idle()
        assert mirror(story).weight == ZERO


async def test_a_mirror_that_lands_after_a_rollback_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 7: down beats up."""
    await lands_late(tmp_path, monkeypatch)


async def test_a_mirror_that_lands_late_and_stays_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug of the test above."""

    async def nothing(*_: Any) -> None: ...

    monkeypatch.setattr(actions, "_mirror_off", nothing)
    with pytest.raises(AssertionError):
        await lands_late(tmp_path, monkeypatch)


async def drifts(folder: Path, to: float, did: str, stands: float) -> None:
    async with rig(folder, a_plan(("0%", "50%"), ("1%", "0%"), ("100%", "0%"))) as story:
        rollout = await start(story)
        mirror(story).weight = Weight(to)
        await story.minutes(1)
        await story.settle()
        rollout = await story.load(rollout)
        records = await story.engine.rollouts.records(rollout.id)
        told = [record.body for record in records if record.kind == "mirror_drift"]
        assert [(each["recorded"], each["real"], each["did"]) for each in told] == [(50, to, did)]
        assert rollout.state is State.HELD
        assert mirror(story).weight == Weight(stands)
        await story.minutes(3)
        assert (await story.kinds_on_record(rollout)).count("mirror_drift") == 1
        assert mirror(story).weight == Weight(stands)


@pytest.mark.parametrize(("to", "did", "stands"), [(100, "lowered", 50), (0, "held", 0)])
async def test_a_moved_mirror_is_told_within_one_check_and_only_ever_lowered(
    tmp_path: Path, to: float, did: str, stands: float
) -> None:
    """Law 10."""
    await drifts(tmp_path, to, did, stands)


async def test_a_mirror_that_cannot_be_read_stops_the_bake_and_is_told(tmp_path: Path) -> None:
    async with rig(tmp_path, a_plan()) as story:
        rollout = await start(story)
        mirror(story).far.trouble = Trouble.FAIL
        await story.minutes(6)
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.baked) == (State.BAKING, timedelta(0))
        assert "unseen" in await story.kinds_on_record(rollout)


async def test_a_start_is_refused_while_something_is_mirrored_already(tmp_path: Path) -> None:
    async with rig(tmp_path, a_plan()) as story:
        mirror(story).weight = Weight(5)
        rollout = await story.start()
        assert rollout.state is State.ABORTED
        (red,) = [each for each in rollout.preflight if each.outcome == "red"]
        assert (red.name, red.said) == ("fake traffic 0 mirror", "is already at 5%: set it to 0% first")


async def test_a_plan_without_mirrors_touches_none(tmp_path: Path) -> None:
    async with rig(tmp_path) as story:
        await start(story)
        assert mirror(story).far.calls == []


async def test_who_only_watches_mirrors_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path, a_plan()) as story:
        story.traffic[0].weight = Weight(1)
        await story.start(how="observe")
        await story.minutes(3)
        assert not [call for call in mirror(story).far.calls if call.startswith("apply")]


async def test_the_fault_of_a_mirror_names_it(tmp_path: Path) -> None:
    async with rig(tmp_path, a_plan(confirm={"within": "1s"})) as story:
        rollout = await start(story)
        mirror(story).far.trouble = Trouble.DENY
        await roll_back(story, rollout)
        await story.settle()
        records = await story.engine.rollouts.records(rollout.id)
        (stuck,) = [record.body for record in records if record.kind == "stuck"]
        assert "fake traffic 0 mirror: the fake refused us" in stuck["fault"]
        with pytest.raises(OutsideFault):
            await mirror(story).read()
        mirror(story).far.trouble = None
        await until(story, rollout, State.ROLLED_BACK)
