"""`/canary approve`, the Approve button, and ✅ on a gate: one person's yes to one gate."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from commands.slack.naming import named, receipt
from commands.slack.words import typed

USAGE = "approve [NAME]"
SUMMARY = "Say yes to the open gate; it goes up when all approvals are there and the check is fresh."


async def run(request: Request, desk: Desk) -> Reply:
    """Approve, or, for a reaction that was taken back, withdraw."""
    rollout = await named(request, desk, typed("approve", request.words).name, guess=True)
    if request.undo:
        return await receipt(request, desk, "Your approval is withdrawn.", await desk.withdraw(request, rollout.id))
    return await receipt(request, desk, "Your approval counts.", await desk.approve(request, rollout.id))
