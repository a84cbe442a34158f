"""`/canary rearm`: after a kill, put back what the kill switch had changed."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from commands.slack.naming import named, receipt
from commands.slack.words import typed

USAGE = "rearm NAME"
SUMMARY = "After a kill: put the recorded former values back, so that it may start again."


async def run(request: Request, desk: Desk) -> Reply:
    """Rearm the newest killed rollout of that name."""
    rollout = await named(request, desk, typed("rearm", request.words).name, live=False)
    rearmed = await desk.rearm(request, rollout.id)
    return await receipt(request, desk, f"{rearmed.plan} is rearmed.", rearmed)
