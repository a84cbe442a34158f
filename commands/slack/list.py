"""`/canary list`: what is being rolled out."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.answers import listing
from commands.slack.naming import shown

USAGE = "list"
SUMMARY = "Everything that is live, and what is frozen, one line each."


async def run(request: Request, desk: Desk) -> Reply:
    """All live rollouts, and what is frozen."""
    return shown(listing(await desk.live(), request.at, await desk.standing()))
