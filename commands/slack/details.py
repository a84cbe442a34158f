"""The menu's Details, and `/canary details`: what the status message has no room for."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.answers import details
from bot.wording.manual import Who
from commands.slack.naming import named, shown, telling
from commands.slack.words import typed

USAGE = "details [NAME]"
SUMMARY = "Everything about it: every condition, clocks, baselines, runbooks."
WHO: Who = "all"
EXAMPLES = ("details materializers",)


async def run(request: Request, desk: Desk) -> Reply:
    """The long answer about one rollout, ended ones included."""
    rollout = await named(request, desk, typed("details", request.words).name, live=False, guess=True)
    return shown(details(await telling(request, desk, rollout)))
