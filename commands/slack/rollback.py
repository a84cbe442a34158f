"""`/canary rollback`, the Rollback button, and ⏪ on a gate: down, now (law 2)."""

from __future__ import annotations

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.engine.requests import NO_REASON, Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import receipt, target
from commands.slack.words import command, typed

USAGE = "rollback NAME [REASON]"
SUMMARY = "Take the traffic down at once; nobody else has to agree."
WHO: Who = "operate"
EXAMPLES = ("rollback materializers", "rollback materializers customers complain")


async def run(request: Request, desk: Desk) -> Reply:
    """Roll back. A name is needed when it's typed: the wrong rollout going down is an incident too."""
    said = typed("rollback", request.words)
    rollout = await target(request, desk, said.name)
    reason = request.reason or said.rest or NO_REASON
    back = await desk.rollback(request, rollout, reason)
    return await receipt(request, desk, _told(back), back)


def _told(back: Rollout) -> str:
    """Somebody else may have been quicker: then it has ended by now. What only prepared is called off at once."""
    if back.state.brought_down and back.state is not State.ABORTED:
        return t(
            "{plan} is down already; nothing was done now. If it still gets traffic: {kill}",
            plan=back.plan,
            kill=command("kill", [back.plan]),
        )
    return t("{plan} is going down.", plan=back.plan)
