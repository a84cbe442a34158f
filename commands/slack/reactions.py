"""A reaction on a gate's message is the same request as the button; on any other message it is nothing."""

from __future__ import annotations

import asyncio

from bot.engine.requests import Request
from bot.ports import Outbox, Posted
from commands.slack.payloads import REACTION

PATIENCE_S = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Somebody may react before it's noted where the message stands: people see it while Slack's answer is on its way, and
that may take as long as a call may. Only reactions on messages of ours come here, so that few wait for nothing."""


async def meant(request: Request, outbox: Outbox) -> Request | None:
    """What a request asks for: itself, or for a reaction what it means on that message; None for nothing.

    Raises StoreAway.
    """
    if request.verb != REACTION:
        return request
    verb, ts = request.words
    found = await _place(Posted(request.channel, ts), outbox)
    if found is None or not found[1].startswith("gate:"):
        return None
    rollout, key = found
    return request.model_copy(update={"verb": verb, "words": (), "rollout": rollout, "gate": key.removeprefix("gate:")})


async def _place(posted: Posted, outbox: Outbox) -> tuple[str, str] | None:
    for pause in PATIENCE_S:
        await asyncio.sleep(pause)
        if found := await outbox.at_place(posted):
            return found
    return None
