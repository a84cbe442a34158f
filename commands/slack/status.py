"""`/canary status`: how a rollout stands now, with buttons that work."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.manual import Who
from bot.wording.status import status
from commands.slack.naming import named, shown, telling
from commands.slack.words import typed

USAGE = "status [NAME]"
SUMMARY = "How it stands: stage, weight, verdict, what it waits for and whose turn it is."
WHO: Who = "all"
EXAMPLES = ("status", "status materializers")


async def run(request: Request, desk: Desk) -> Reply:
    """The status card of the named rollout, of the only live one, or of the newest."""
    rollout = await named(request, desk, typed("status", request.words).name, live=False, guess=True)
    return shown(status(await telling(request, desk, rollout)))
