"""`/canary rollback`, the Rollback button, and ⏪ on a gate: down, now (law 2)."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from commands.slack.naming import receipt, target
from commands.slack.words import typed

USAGE = "rollback NAME [REASON]"
SUMMARY = "Take the traffic down at once; nobody else has to agree."


async def run(request: Request, desk: Desk) -> Reply:
    """Roll back. A name is needed when it's typed: the wrong rollout going down is an incident too."""
    said = typed("rollback", request.words)
    rollout = await target(request, desk, said.name)
    reason = request.reason or said.rest or f"asked by {request.actor.name or request.actor.id}"
    back = await desk.rollback(request, rollout, reason)
    return await receipt(request, desk, f"{back.plan} is going down.", back)
