"""`/canary help`: every verb with its usage."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.answers import usages
from commands import slack
from commands.slack.naming import shown
from commands.slack.words import nearest, typed

USAGE = "help [VERB]"
SUMMARY = "What I understand."


async def run(request: Request, desk: Desk) -> Reply:
    """All verbs, or one."""
    asked = typed("help", request.words).name.lower()
    known = {name: (verb.USAGE, verb.SUMMARY) for name, verb in slack.VERBS.items()}
    one = asked if asked in known else nearest(asked, known) if asked else ""
    return shown(usages({one: known[one]} if one else known))
