"""`/canary rearm NAME` over the real desk: the killed rollout is meant, and of several a person says which."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from tests.commands.slack.typed import refuses, says
from tests.rig import BEN, Rig, rig, tree

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Rig]:
    """A plan that has a lab too."""
    async with rig(tmp_path, tree(cooldown="0s @production, 1s @lab")) as story:
        yield story


async def killed(here: Rig, environment: str) -> Rollout:
    rollout = await here.start(BEN, environment=environment)
    await here.engine.desk.kill(here.request("kill", BEN), rollout.id, "it burns")
    await here.minutes(0.1, step_s=2)
    here.traffic[0].weight = Weight(0)
    assert (await here.load(rollout)).state is State.KILLED
    return rollout


async def test_what_is_killed_is_found_behind_newer_rollouts_elsewhere(here: Rig) -> None:
    """Law 2: the one that waits for it is meant, and not whichever ran last in a lab."""
    rollout = await killed(here, "production")
    for _ in range(3):
        newer = await here.start(BEN, environment="lab", how="observe")
        await here.engine.desk.rollback(here.request("rollback", BEN), newer.id, "enough")
        await here.settle()
    assert "materializers is rearmed" in await says(here, "rearm materializers", BEN)
    assert (await here.load(rollout)).rearmed_at is not None
    assert "isn't engaged" in (await refuses(here, "rearm materializers", BEN))[0]


async def test_an_id_means_that_very_rollout(here: Rig) -> None:
    """Whatever else of its plan is killed."""
    rolled_back = await here.start(BEN)
    await here.engine.desk.rollback(here.request("rollback", BEN), rolled_back.id, "enough")
    await here.settle()
    rollout = await killed(here, "production")
    assert "isn't engaged" in (await refuses(here, f"rearm {rolled_back.id}", BEN))[0]
    assert "is rearmed" in await says(here, f"rearm {rollout.id}", BEN)


async def test_of_several_it_says_which_and_what_to_type(here: Rig) -> None:
    """Which one is for a person to say; they share the switch here, so it takes both."""
    one = await here.start(BEN)
    await here.engine.desk.rollback(here.request("rollback", BEN), one.id, "enough")
    await here.settle()
    other = await killed(here, "lab")
    # What has ended can be killed too; before that the lab could start, and not after it.
    await here.engine.desk.kill(here.request("kill", BEN), one.id, "fire")
    await here.minutes(0.1, step_s=2)
    said, step = await refuses(here, "rearm materializers", BEN)
    assert f"{other.id} (lab), {one.id} (production)" in said
    assert step == f"for one: /canary rearm {other.id}; for all: /canary rearm {other.id} {one.id}"
    said, step = await refuses(here, f"rearm {one.id}", BEN)
    assert f"The kill of {other.id} (materializers in lab) holds this off too" in said
    assert step.endswith(f"/canary rearm {one.id} {other.id}")
    assert here.kills[0].standing == "off"
    assert "Rearmed: materializers, materializers." in await says(here, f"rearm {one.id} {other.id}", BEN)
    assert here.kills[0].standing == "on"
