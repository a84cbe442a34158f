"""A plan whose stages mirror, the ways down from it, and a raise that a rollback overtakes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine.requests import Start
from tests.builders import MINUTE
from tests.fakes.traffic import FakeTraffic
from tests.rig import Rig, tree
from tests.waiting import HANGS_S, LOOK_EVERY_S


def a_plan(*mirrored: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """A dark launch, and then 1 % and 100 %; or stages of (weight, mirror)."""
    plan = tree(**changes)
    stage = plan["stages"][0]
    ladder = mirrored or (("0%", "100%"), ("1%", "0%"), ("100%", "0%"))
    return {**plan, "stages": [{**stage, "weight": weight, "mirror": mirror} for weight, mirror in ladder]}


def mirror(story: Rig) -> FakeTraffic:
    return story.traffic[0].copies


async def until(story: Rig, rollout: Rollout, state: State) -> Rollout:
    """Let time pass until it is in that state."""
    for _ in range(30):
        rollout = await story.load(rollout)
        if rollout.state is state:
            return rollout
        story.now += timedelta(seconds=5)
        await story.settle()
    raise AssertionError(f"not {state}: {rollout.state} {rollout.reason}")


async def roll_back(story: Rig, rollout: Rollout) -> None:
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "enough")


async def kill(story: Rig, rollout: Rollout) -> None:
    await story.engine.desk.kill(story.request("kill"), rollout.id, "enough")


async def breach(story: Rig, rollout: Rollout) -> None:
    story.numbers.values["success"] = 50.0
    story.now += MINUTE


async def is_rolled_back(story: Rig, rollout: Rollout, within_s: float = HANGS_S) -> None:
    """Wait for what is under way to end it: no tick, and the story's clock stands."""
    async with asyncio.timeout(within_s):
        while (await story.load(rollout)).state is not State.ROLLED_BACK:
            await asyncio.sleep(LOOK_EVERY_S)


async def raised_until(story: Rig, asked: asyncio.Event, within_s: float = HANGS_S) -> Rollout:
    """A start whose raise has come as far as `asked`."""
    wanted = Start(plan="materializers", weight=Weight(1), version="v2")
    rollout = await story.engine.desk.start(story.request("start"), wanted)
    await story.engine.ticker.tick()
    async with asyncio.timeout(within_s):
        await asked.wait()
    return rollout


async def overtaken_raise(
    story: Rig, late: FakeTraffic, patch: pytest.MonkeyPatch, within_s: float = HANGS_S
) -> tuple[Rollout, asyncio.Event]:
    """A rollback overtakes the raise while `late` is still carrying it out: it does so when the event is set."""
    asked, lands, apply = asyncio.Event(), asyncio.Event(), late.apply

    async def slow(share: Weight) -> None:
        if share > ZERO:
            asked.set()
            await lands.wait()
        await apply(share)

    patch.setattr(late, "apply", slow)
    rollout = await raised_until(story, asked, within_s)
    await roll_back(story, rollout)
    await is_rolled_back(story, rollout, within_s)
    return rollout, lands
