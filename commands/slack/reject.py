"""`/canary reject` and the Reject button: no to the open gate, with a reason."""

from __future__ import annotations

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt
from commands.slack.replan import rejected
from commands.slack.words import command, typed

USAGE = "reject NAME REASON"
SUMMARY = "Say no to the open gate; it goes on hold, and a start that waits for approvals ends."
WHO: Who = "reject"
EXAMPLES = ("reject materializers the dashboard is red",)


async def run(request: Request, desk: Desk) -> Reply:
    """Reject. The reason is needed: whoever comes next reads it."""
    said = typed("reject", request.words)
    rollout = await named(request, desk, said.name, guess=True)
    reason = request.reason or said.rest
    if not reason:
        raise BadRequest(
            Phrase("A rejection needs its reason."), command("reject", [rollout.plan, "why it shouldn't go up"])
        )
    if request.gate and rollout.replan is not None and request.gate == rollout.replan.id:
        return await rejected(request, desk, rollout, reason)
    return await receipt(request, desk, t("The gate is rejected."), await desk.reject(request, rollout.id, reason))
