"""`/canary incident materializers sev2 the queue stands still`: open, end and list incidents (E10)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.domain.rollout import Rollout
from bot.domain.severities import Severity, severity
from bot.engine.requests import Desk, Reply, Request
from bot.wording.incidents import listed, of_one
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt, shown
from commands.slack.words import command, typed

USAGE = "incident NAME sev1|sev2|sev3|sev4 WHAT · incident NAME end [ID] · incident [NAME]"
SUMMARY = "Open an incident of a rollout, say that it's over, or list those that are open."
WHO: Who = "operate"
EXAMPLES = ("incident materializers sev2 the queue stands still", "incident materializers end", "incident")
ENDS = ("end", "over", "resolved", "close")


async def run(request: Request, desk: Desk) -> Reply:
    """List without words; else open or end."""
    if request.heard is not None:
        heard = await desk.hear_incident(request, request.rollout, request.heard)
        return await receipt(request, desk, t("That is on record."), heard)
    said = typed("incident", request.words).plain
    if not said and not request.rollout:
        return shown(listed(await desk.live(), request.at))
    name, words = _about(said)
    rollout = await named(request, desk, name, live=False, guess=True)
    if not words:
        return shown(of_one(rollout, await desk.plan_of(rollout), request.at))
    if words[0].lower() in ENDS:
        ended = await desk.end_incident(request, rollout.id, words[1] if len(words) > 1 else "")
        return await receipt(request, desk, t("The incident is over, and that is on record."), ended)
    how_bad, what = _opened(rollout, words)
    opened = await desk.open_incident(request, rollout.id, how_bad, what)
    return await receipt(request, desk, t("The incident is on record."), opened)


def _about(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The name, and the rest; with one rollout under way the name may be left out."""
    if words and (severity(words[0]) or words[0].lower() in ENDS):
        return "", words
    return (words[0] if words else ""), words[1:]


def _opened(rollout: Rollout, words: Sequence[str]) -> tuple[Severity, str]:
    how_bad, what = severity(words[0]), " ".join(words[1:])
    if how_bad is None:
        raise BadRequest(
            Phrase("An incident needs its severity: sev1 (critical), sev2 (major), sev3 (minor) or sev4 (low)."),
            command("incident", [rollout.plan, "sev2", *words]),
        )
    if not what:
        raise BadRequest(
            Phrase("An incident needs to say what happened."),
            command("incident", [rollout.plan, how_bad.value, "what happened"]),
        )
    return how_bad, what
