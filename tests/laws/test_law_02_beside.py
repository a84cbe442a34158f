"""Law 2, 4 and 7: what goes with traffic, and hangs or breaks, keeps no traffic up and no truth from the record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.domain import acting
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine import targets, tick
from bot.engine.gather import Round
from bot.ports import TrafficState
from tests import waiting
from tests.bot.engine.effect_stories import plan as plan_with
from tests.bot.engine.mirror_stories import (
    a_plan,
    breach,
    is_rolled_back,
    kill,
    mirror,
    overtaken_raise,
    roll_back,
    until,
)
from tests.bot.engine.test_objectives import Events
from tests.bot.engine.test_objectives import plan as plan_with_slo
from tests.fakes.traffic import Trouble
from tests.rig import Rig, rig

pytestmark = pytest.mark.anyio

SOON_S = 20.0
"""Much sooner than any deadline that could let go of what hangs."""
SERVING = (("1%", "50%"), ("10%", "0%"), ("100%", "0%"))
"""A stage that serves some and copies others."""


async def soon(what: Callable[[], bool]) -> None:
    await waiting.until(what, SOON_S)


async def serving(story: Rig) -> Rollout:
    rollout = await story.start()
    assert (story.traffic[0].weight, mirror(story).weight) == (Weight(1), Weight(50))
    return rollout


WAYS = {"rollback": roll_back, "kill": kill}


@pytest.mark.parametrize("way", WAYS)
async def test_a_mirror_that_hangs_keeps_no_traffic_up(tmp_path: Path, way: str) -> None:
    """Law 2: not by the look at it before, and not by the change."""
    async with rig(tmp_path, a_plan(*SERVING)) as story:
        rollout = await serving(story)
        mirror(story).far.trouble, mirror(story).far.patience_s = Trouble.HANG, 1e6
        going = asyncio.create_task(WAYS[way](story, rollout))
        await soon(lambda: story.traffic[0].weight == ZERO)
        assert (await story.load(rollout)).live
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)


async def test_a_mirror_that_stays_on_is_told_as_what_it_is(tmp_path: Path) -> None:
    """The traffic is down, and the record says what isn't; it's over only when that is off too."""
    async with rig(tmp_path, a_plan(*SERVING, confirm={"within": "1s"})) as story:
        rollout = await serving(story)
        mirror(story).far.trouble = Trouble.LIE
        await roll_back(story, rollout)
        await story.settle()
        assert (await story.load(rollout)).state is State.STUCK
        assert story.traffic[0].weight == ZERO
        (stuck,) = [each.body for each in await story.engine.rollouts.records(rollout.id) if each.kind == "stuck"]
        assert stuck["still_on"] == "fake traffic 0 at 0%; fake traffic 0 mirror at 50%"
        mirror(story).far.trouble = None
        await until(story, rollout, State.ROLLED_BACK)
        assert mirror(story).weight == ZERO


async def test_a_late_raise_is_undone_while_the_mirror_cannot_be_turned_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 7: what can't be brought down of the one mustn't keep the other up."""
    monkeypatch.setattr(targets, "AGAIN", timedelta(0))
    async with rig(tmp_path, a_plan(*SERVING, confirm={"within": "30s"})) as story:
        rollout, lands = await overtaken_raise(story, story.traffic[0], monkeypatch, SOON_S)
        # Somebody's mirror that doesn't obey: it is brought down for ever.
        mirror(story).weight, mirror(story).far.trouble = Weight(50), Trouble.LIE
        lands.set()
        await soon(lambda: "apply 1%" in story.traffic[0].far.calls and story.traffic[0].weight == ZERO)
        async with asyncio.timeout(SOON_S):
            while "late_raise" not in await story.kinds_on_record(rollout):
                await asyncio.sleep(0.005)
        mirror(story).far.trouble = None
        await soon(lambda: mirror(story).weight == ZERO)


@pytest.mark.parametrize("broken", ["traffic", "mirror"])
async def test_an_adapter_that_breaks_is_a_fault_of_its_target_alone(
    tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other packages bring adapters too: the other targets go down, people hear of it, and it's tried on."""
    both = [{"kind": "fake", "number": number} for number in range(2)]
    async with rig(tmp_path, a_plan(*SERVING, traffic=both), targets=2) as story:
        rollout = await story.start()
        assert [each.weight for each in story.traffic] == [Weight(1), Weight(1)]
        bad = story.traffic[1] if broken == "traffic" else mirror(story)

        async def breaks(*_: Any) -> TrafficState:
            raise ZeroDivisionError("p4ssword-in-it")

        with monkeypatch.context() as patch:
            patch.setattr(bad, "apply", breaks)
            await roll_back(story, rollout)
            await story.settle()
            assert story.traffic[0].weight == ZERO
            assert (await story.load(rollout)).state is State.STUCK
        (stuck,) = [each.body for each in await story.engine.rollouts.records(rollout.id) if each.kind == "stuck"]
        assert f"{bad.target}: its adapter broke (ZeroDivisionError); see Perch's log" in stuck["fault"]
        await until(story, rollout, State.ROLLED_BACK)


async def test_a_breach_is_acted_on_while_the_budget_cannot_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2 and 3: a source of events that hangs is given up within its deadline, and nothing of it is a pass."""
    monkeypatch.setattr(tick, "Round", partial(Round, deadline_s=1.0))
    events = Events()
    async with rig(tmp_path, plan_with_slo(), sources=events.kind) as story:
        rollout = await story.start()
        events.hangs = True
        await breach(story, rollout)
        story.now += timedelta(hours=1)
        async with asyncio.timeout(SOON_S):
            await story.settle()
        assert story.traffic[0].weight == ZERO
        check = (await story.load(rollout)).check
        assert check is None or all(each.budget.value is None for each in check.slos)


async def nothing_off_the_record(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A rollback comes between the look at what is due and the record of its begin."""
    action = {"kind": "fake", "number": 0, "what": "the exporter"}
    async with rig(folder, plan_with({"after": [action]})) as story:
        rollout = await story.until_gate(await story.start())
        began, overtaken = acting.began, asyncio.Event()
        looked, change = asyncio.Event(), story.engine.effects._change

        async def later(*args: Any) -> Any:
            looked.set()
            await overtaken.wait()
            return await change(*args)

        patch.setattr(story.engine.effects, "_change", later)
        approving = asyncio.create_task(story.approve(rollout))
        async with asyncio.timeout(SOON_S):
            await looked.wait()
        await roll_back(story, rollout)
        await is_rolled_back(story, rollout, SOON_S)
        overtaken.set()
        await approving
        await story.settle()
        assert began is acting.began
        assert "action_began" not in await story.kinds_on_record(rollout)
        assert story.effects[0].stands == set()
        assert story.effects[0].journal == []


async def test_an_action_that_is_not_on_record_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 4: nobody would take it back."""
    await nothing_off_the_record(tmp_path, monkeypatch)
