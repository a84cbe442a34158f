"""From a click until everybody sees that the message has changed, over real HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

from bench import fleet
from bench.effort import Effort
from bench.far_side import far_side
from bench.rows import Row
from bench.scene import launch, perch_run, scene
from bot.domain.rollout import Rollout
from bot.sandbox.workspace import Workspace
from commands.terminal.playground import CHANNEL, START, open_playground

Message = dict[str, Any]
WHO = "ana"
PAUSE_S = 2.0
"""People take their time; and Slack lets an app edit messages some fifty times a minute."""
LIVE, EVERY, SETTLES_S = 50, timedelta(seconds=10), 75.0
"""Until each status message has had its first turn."""
BECOMES = {"hold": "resume", "resume": "hold"}


async def measure(effort: Effort) -> list[Row]:
    """Hold and resume in turn, on the sandbox's plan, while its checks go on."""
    async with open_playground(0) as playground:
        workspace = playground.world.workspace
        await workspace.command(WHO, CHANNEL, START)
        await workspace.until(_status(workspace, "hold"), within=30)
        samples = []
        for number in range(effort.clicks):
            await asyncio.sleep(PAUSE_S)
            samples.append(await _click(workspace, "resume" if number % 2 else "hold"))
    return [
        Row("click → the message has changed, median", median(samples), most=0.3),
        Row("click → the message has changed, longest", max(samples)),
        *await _among_many(effort),
    ]


async def _among_many(effort: Effort) -> list[Row]:
    """The same while fifty status messages take turns; each click is on another one."""
    with far_side() as url:
        async with scene() as here:
            rollouts = await launch(here, [fleet.plan(name, url, every=EVERY) for name in fleet.names(LIVE)])
            with perch_run(here) as running:
                await running.ready()
                await asyncio.sleep(SETTLES_S)
                samples = [await _hold(here.world.workspace, rollout) for rollout in rollouts[: effort.clicks]]
    return [
        Row(f"the same with {LIVE} live rollouts, median", median(samples), most=0.3),
        Row(f"the same with {LIVE} live rollouts, longest", max(samples)),
    ]


async def _hold(workspace: Workspace, rollout: Rollout) -> float:
    """Hold one of many, by its status message as it is now."""
    await asyncio.sleep(PAUSE_S)
    message = next(each for each in workspace.messages(CHANNEL) if rollout.id in str(each))
    began = time.perf_counter()
    await workspace.click(WHO, CHANNEL, message["ts"], "hold")
    await workspace.until(lambda: _now(workspace, message["ts"], "resume"), within=30)
    return time.perf_counter() - began


def _now(workspace: Workspace, ts: str, action: str) -> bool:
    return any(action in _buttons(each) for each in workspace.messages(CHANNEL) if each["ts"] == ts)


async def _click(workspace: Workspace, action: str) -> float:
    message = await workspace.until(_status(workspace, action))
    began = time.perf_counter()
    await workspace.click(WHO, CHANNEL, message["ts"], action)
    await workspace.until(_status(workspace, BECOMES[action]), within=30)
    return time.perf_counter() - began


def _status(workspace: Workspace, action: str) -> Callable[[], Message | None]:
    """The status message, once it has this button."""

    def shown() -> Message | None:
        return next((each for each in workspace.messages(CHANNEL) if action in _buttons(each)), None)

    return shown


def _buttons(message: Message) -> set[str]:
    elements = [element for block in message.get("blocks", []) for element in block.get("elements", [])]
    return {element.get("action_id", "") for element in elements}
