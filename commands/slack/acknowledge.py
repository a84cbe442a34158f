"""`/canary acknowledge` and the Acknowledge button: somebody has seen a checkpoint (S9)."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import item_of, named, receipt

USAGE = "acknowledge [NAME] [T+15m]"
SUMMARY = "Say that you have seen the checkpoint that you were asked to look at."
WHO: Who = "asked"
EXAMPLES = ("acknowledge", "acknowledge materializers T+15m")


async def run(request: Request, desk: Desk) -> Reply:
    """Acknowledge it; who was first stays on record."""
    name, which = item_of(request)
    rollout = await named(request, desk, name, guess=True)
    return await receipt(request, desk, t("It is acknowledged."), await desk.acknowledge(request, rollout.id, which))
