"""`/canary resume` and the Resume button: go on after a hold."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt
from commands.slack.words import typed

USAGE = "resume NAME [REASON]"
SUMMARY = "Go on after a hold; the bake continues, and a gate needs a new check."
WHO: Who = "operate"
EXAMPLES = ("resume materializers",)


async def run(request: Request, desk: Desk) -> Reply:
    """Resume."""
    said = typed("resume", request.words)
    rollout = await named(request, desk, said.name, guess=True)
    resumed = await desk.resume(request, rollout.id, request.reason or said.rest)
    return await receipt(request, desk, t("{plan} goes on.", plan=resumed.plan), resumed)
