"""`/canary falsealarm`: what fired was nothing; on record, counted in the plan's trends, and taken back by `undo`."""

from __future__ import annotations

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt
from commands.slack.words import command, typed

USAGE = "falsealarm NAME REASON · falsealarm NAME undo"
SUMMARY = "Call what took a rollout down, held it, or failed a check a false alarm; also after its end. It's counted."
WHO: Who = "operate"
EXAMPLES = ('falsealarm materializers "the probe was being redeployed"', "falsealarm materializers undo")
UNDO = "undo"


async def run(request: Request, desk: Desk) -> Reply:
    """The newest rollout of that name, or the one of that id; of it the newest thing that fired."""
    said = typed("falsealarm", request.words)
    rollout = await named(request, desk, said.name, live=False)
    reason = request.reason or said.rest
    if reason.strip().lower() == UNDO:
        changed = await desk.undo_false_alarm(request, rollout.id)
        return await receipt(request, desk, t("It isn't called a false alarm any more."), changed)
    if not reason:
        corrected = command("falsealarm", [said.name or rollout.id, "what really happened"])
        raise BadRequest(Phrase("Calling it a false alarm needs its reason; nothing was marked."), corrected)
    changed = await desk.false_alarm(request, rollout.id, reason)
    return await receipt(request, desk, t("It is on record as a false alarm."), changed)
