"""`/canary hold`, the Hold button, and ✋ on a gate: stop progress, keep protection."""

from __future__ import annotations

from bot.engine.requests import NO_REASON, Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import receipt, target
from commands.slack.words import leading_duration, typed

USAGE = "hold NAME [24h] [REASON]"
SUMMARY = "Stop where it is; checks go on and rollback triggers stay on."
WHO: Who = "operate"
EXAMPLES = ("hold materializers", "hold materializers 24h the weekend")


async def run(request: Request, desk: Desk) -> Reply:
    """Hold, for a time if one is given."""
    said = typed("hold", request.words)
    rollout = await target(request, desk, said.name)
    lasting, rest = leading_duration(said.plain[1:])
    reason = request.reason or rest or NO_REASON
    held = await desk.hold(request, rollout, reason, lasting)
    return await receipt(request, desk, t("{plan} is on hold.", plan=held.plan), held)
