"""`/canary replan`: what is different in the plan's file, and, with a reason, asking its approvers for it (R21)."""

from __future__ import annotations

from bot.domain import replanning
from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import retold, t
from bot.wording.manual import Who
from bot.wording.replans import newer
from commands.slack.naming import named, receipt, shown
from commands.slack.words import command, typed

USAGE = "replan [NAME] · replan NAME REASON · replan NAME approve · replan NAME reject REASON"
SUMMARY = "What is different in the plan's file; with a reason, the approvers are asked to let the rollout go by it."
WHO: Who = "replan"
EXAMPLES = ("replan materializers", "replan materializers the limit was a guess")


async def run(request: Request, desk: Desk) -> Reply:
    """Show, ask, approve or reject."""
    said = typed("replan", request.words)
    rollout = await named(request, desk, said.name, guess=True)
    words = said.plain[1:]
    match [word.lower() for word in words[:1]]:
        case []:
            return await _newer(rollout, desk)
        case ["approve"] if len(words) == 1:
            return await accepted(request, desk, rollout)
        case ["reject"]:
            return await rejected(request, desk, rollout, " ".join(words[1:]))
        case _:
            asked = await desk.replan(request, rollout.id, said.rest)
            return await receipt(request, desk, t("The approvers are asked for the new plan."), asked)


async def _newer(rollout: Rollout, desk: Desk) -> Reply:
    found = await desk.newer(rollout)
    why = replanning.why_not(rollout, await desk.plan_of(rollout), desk.plan(rollout.plan, rollout.environment))
    return shown(newer(rollout, found, retold(why or "")))


async def accepted(request: Request, desk: Desk, rollout: Rollout) -> Reply:
    """One yes to the plan that is asked for."""
    return await receipt(request, desk, t("Your approval counts."), await desk.accept_plan(request, rollout.id))


async def rejected(request: Request, desk: Desk, rollout: Rollout, reason: str) -> Reply:
    """No, with a reason."""
    if not reason:
        corrected = command("replan", [rollout.plan, "reject", "why the plan should stay"])
        raise BadRequest(Phrase("A rejection needs its reason."), corrected)
    kept = await desk.reject_plan(request, rollout.id, reason)
    return await receipt(request, desk, t("The plan stays as it is."), kept)
