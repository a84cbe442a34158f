"""`/canary list`: what is being rolled out."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.answers import listing
from commands.slack.naming import shown

USAGE = "list"
SUMMARY = "Everything that is live, one line each."


async def run(request: Request, desk: Desk) -> Reply:
    """All live rollouts."""
    return shown(listing(await desk.live(), request.at))
