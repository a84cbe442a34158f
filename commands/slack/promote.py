"""`/canary promote`: end a bake early. Break-glass: its own role, a reason, and loud."""

from __future__ import annotations

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt
from commands.slack.words import command, typed

USAGE = "promote NAME REASON"
SUMMARY = "End the bake early (override role); a passing verdict and the approvals are still needed."
WHO: Who = "override"
EXAMPLES = ("promote materializers the fix can't wait",)


async def run(request: Request, desk: Desk) -> Reply:
    """End the bake early, with the reason that goes on record."""
    said = typed("promote", request.words)
    rollout = await named(request, desk, said.name)
    reason = request.reason or said.rest
    if not reason:
        raise BadRequest(
            Phrase("Ending a bake early needs its reason."), command("promote", [rollout.plan, "why it can't wait"])
        )
    return await receipt(request, desk, t("The bake is ended early."), await desk.promote(request, rollout.id, reason))
