"""From a click until everybody sees that the message has changed, over real HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.effort import Effort
from bench.rows import Row
from bot.sandbox.workspace import Workspace
from commands.terminal.playground import CHANNEL, START, open_playground

Message = dict[str, Any]
WHO = "ana"
PAUSE_S = 2.0
"""People take their time; and Slack lets an app edit messages some fifty times a minute."""
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
    ]


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
