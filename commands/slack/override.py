"""`/canary override`: overrule a verdict, with the role and a reason; or see who did, and how it went (X9)."""

from __future__ import annotations

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.domain.record.outcomes import SAID
from bot.domain.record.summary import Wanted
from bot.engine.requests import Desk, Reply, Request
from bot.wording.judging import ledger
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt, shown
from commands.slack.words import command, typed

USAGE = "override NAME REASON · override list [NAME] · override right|wrong|unclear|computed NAME [NUMBER] REASON"
SUMMARY = "Overrule a failed or unmeasured verdict for one gate (override role), loudly; see how overrides turned out."
WHO: Who = "override"
EXAMPLES = (
    'override materializers "error_rate is a known false alarm, INC-7"',
    "override list",
    'override right materializers "the alert was wrong, INC-7"',
)
JUDGING = (*SAID, "computed")
FAR_BACK = 2000
"""So many ended rollouts are looked through for the ledger."""


async def run(request: Request, desk: Desk) -> Reply:
    """The ledger without a reason's name, a word on how one turned out, else the override."""
    said = typed("override", request.words)
    if said.name.lower() in ("", "list", "ledger"):
        found = await desk.recount(Wanted(plan=said.rest), FAR_BACK)
        return shown(ledger((*found.live, *found.ended), request.at))
    if said.name.lower() in JUDGING and said.name not in desk.plans():
        return await _judge(request, desk, said.name.lower(), said.plain[1:])
    rollout = await named(request, desk, said.name)
    reason = request.reason or said.rest
    if not reason:
        corrected = command("override", [rollout.plan, "why it may go up all the same"])
        raise BadRequest(Phrase("Overruling a verdict needs its reason."), corrected)
    overruled = await desk.override(request, rollout.id, reason)
    done = t("The verdict is overruled, for this gate alone.")
    if overruled.overrides[-1].what == "artifacts":
        done = t("It may end without what is missing; the next check sees to it.")
    if overruled.overrides[-1].what == "budget":
        done = t("It goes on in this stage, on a used-up error budget.")
    return await receipt(request, desk, done, overruled)


async def _judge(request: Request, desk: Desk, word: str, words: tuple[str, ...]) -> Reply:
    rollout = await named(request, desk, words[0] if words else "", live=False)
    left = words[1:]
    place = int(left[0].lstrip("#")) if left and left[0].lstrip("#").isdigit() else None
    reason = request.reason or " ".join(left if place is None else left[1:])
    if not reason and word != "computed":
        given = [word, words[0] if words else rollout.id, str(place or ""), "how you know"]
        raise BadRequest(Phrase("Saying how an override turned out needs its reason."), command("override", given))
    judged = await desk.judge(request, rollout.id, word, reason, place)
    return await receipt(request, desk, t("It is on record how that override turned out."), judged)
