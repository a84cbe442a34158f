"""What law 2 promises of a kill is written as checks; this is what they share.

A check's `patience_s` is how long is waited for what must come; nothing is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.obstacles import AlreadyLive, KillEngaged
from bot.domain.rollout import Rollout
from bot.ports import Spooled
from tests.laws.pressure import Fleet, a_tree
from tests.rig import ANA, Rig

Check = Callable[[Path, float], Awaitable[None]]
TIER = timedelta(seconds=11)
"""A tier's time, and a second."""


def fakes(*tiers: tuple[int, ...]) -> list[list[dict[str, Any]]]:
    return [[{"kind": "fake", "number": number} for number in tier] for tier in tiers]


def switches(*tiers: tuple[int, ...], **changes: Any) -> dict[str, Any]:
    """A plan with these switches in its tiers."""
    return a_tree(0, kill_switch=fakes(*tiers), **changes)


async def begun(story: Fleet, **more: Any) -> asyncio.Task[Rollout]:
    """A kill of the first rollout, under way."""
    request = story.request("kill", **more)
    return story.begin(story.engine.desk.kill(request, story.rollouts[0].id, "fire"))


async def seconds(story: Rig, number: int) -> None:
    """Let that many seconds pass, with a tick at each."""
    await story.minutes(number / 60, step_s=1)


def an_act(rollout: str, plan: str, story: Rig) -> Spooled:
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


async def start_is_refused(story: Rig) -> None:
    try:
        await story.start()
    except (KillEngaged, AlreadyLive):
        return
    raise AssertionError("a killed plan was started, and its switch is still engaged")
