"""`/canary approve`, the Approve button, and ✅ on a gate: one person's yes to one gate."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt
from commands.slack.replan import accepted
from commands.slack.words import typed

USAGE = "approve [NAME]"
SUMMARY = "Say yes to the open gate; it goes up when all approvals are there and the check is fresh."
WHO: Who = "approve"
EXAMPLES = ("approve materializers",)


async def run(request: Request, desk: Desk) -> Reply:
    """Approve, or, for a reaction that was taken back, withdraw."""
    rollout = await named(request, desk, typed("approve", request.words).name, guess=True)
    if request.undo:
        return await receipt(request, desk, t("Your approval is withdrawn."), await desk.withdraw(request, rollout.id))
    if request.gate and rollout.replan is not None and request.gate == rollout.replan.id:
        return await accepted(request, desk, rollout)
    return await receipt(request, desk, t("Your approval counts."), await desk.approve(request, rollout.id))
