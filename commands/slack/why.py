"""`/canary why`: why it stands where it does, and what it still waits for."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.answers import why
from bot.wording.manual import Who
from commands.slack.naming import named, shown, telling
from commands.slack.words import typed

USAGE = "why [NAME]"
SUMMARY = "Why it stands where it does: every condition, and what a promotion waits for, with times."
WHO: Who = "all"
EXAMPLES = ("why", "why materializers")


async def run(request: Request, desk: Desk) -> Reply:
    """The verdict and everything behind it, ended rollouts included."""
    rollout = await named(request, desk, typed("why", request.words).name, live=False, guess=True)
    return shown(why(await telling(request, desk, rollout)))
