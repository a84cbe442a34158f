"""A plan whose stages do something besides moving traffic, and its way up and down."""

from typing import Any

from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from bot.engine.requests import Start
from tests.rig import BEN, Rig, tree

FIRST, SECOND, THIRD = ({"kind": "fake", "number": number, "what": f"action {number}"} for number in range(3))
HELD = {"kind": "held", "number": 2, "what": "the silence"}


def plan(*stages: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The small plan with what its stages do besides."""
    whole = tree(**changes)
    for stage, more in zip(whole["stages"], stages, strict=False):
        stage.update(more)
    return whole


async def up(story: Rig, rollout: Rollout, user: str = BEN) -> Rollout:
    """Through the gate of the present stage."""
    return await story.approve(await story.until_gate(rollout), user)


async def to_the_end(story: Rig, rollout: Rollout) -> Rollout:
    rollout = await up(story, await up(story, rollout))
    await story.minutes(6)
    return await story.load(rollout)


async def roll_back(story: Rig, rollout: Rollout) -> Rollout:
    """With a tick: on a busy machine it may go by the kill card, and is merged then."""
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "looks bad")
    await story.settle()
    return await story.load(rollout)


def first_start() -> Start:
    return Start(plan="materializers", weight=Weight(1), version="v2")
