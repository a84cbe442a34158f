"""`/canary watch`: who keeps an eye on a rollout; take it over, or hand it to somebody (X12)."""

from __future__ import annotations

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from bot.wording.sentences import who
from commands.slack.naming import named, receipt
from commands.slack.words import bare, command, typed

USAGE = "watch NAME [@SOMEBODY]"
SUMMARY = "Take a rollout over, or hand it to somebody: whose holds and unanswered gates it is from now on."
WHO: Who = "operate"
EXAMPLES = ("watch materializers", "watch materializers @ben")


async def run(request: Request, desk: Desk) -> Reply:
    """Hand over to the named person, or to whoever asks."""
    said = typed("watch", request.words)
    rollout = await named(request, desk, said.name, guess=True)
    to = bare(said.rest)
    if len(to.split()) > 1:
        corrected = command("watch", [rollout.plan, to.split()[0]])
        raise BadRequest(Phrase("One person watches a rollout; nothing was changed."), corrected)
    watched = await desk.watch(request, rollout.id, to)
    return await receipt(request, desk, t("{who} watches it now.", who=who(watched.watched_by)), watched)
