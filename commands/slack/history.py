"""`/canary history`: how the last rollouts ended."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.answers import history
from commands.slack.naming import shown
from commands.slack.words import typed

USAGE = "history [NAME]"
SUMMARY = "The last ten rollouts, of one plan or of all, and how they ended."


async def run(request: Request, desk: Desk) -> Reply:
    """Newest first."""
    return shown(history(await desk.latest(typed("history", request.words).name, limit=10), request.at))
