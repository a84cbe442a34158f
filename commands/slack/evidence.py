"""`/canary evidence`: the end of the record, and whether the whole of it is intact."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.answers import evidence
from bot.wording.manual import Who
from commands.slack.naming import named, shown
from commands.slack.words import typed

USAGE = "evidence [NAME]"
SUMMARY = "The last records, and whether the chain of all of them is whole."
WHO: Who = "all"
EXAMPLES = ("evidence materializers",)


async def run(request: Request, desk: Desk) -> Reply:
    """Verify the whole chain and show its end."""
    rollout = await named(request, desk, typed("evidence", request.words).name, live=False, guess=True)
    records, head = await desk.records(rollout), await desk.head(rollout)
    return shown(evidence(rollout, records, head, await desk.verify(rollout)))
