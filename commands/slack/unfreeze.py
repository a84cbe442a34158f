"""`/canary unfreeze denis`: lift a freeze, or let one plan through it. What was held stays held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.errors import BadRequest
from bot.domain.phrases import Phrase
from bot.engine.requests import Desk, Reply, Request
from bot.wording.freezes import lifted, unfreeze
from bot.wording.manual import Who
from commands.slack.freeze import frozen_service
from commands.slack.naming import shown
from commands.slack.words import command, nearest

USAGE = "unfreeze SERVICE|all [only PLAN,PLAN] [REASON]"
SUMMARY = "Lift your freeze (or, with the override role, anybody's); what it held waits for a resume."
WHO: Who = "lift"
EXAMPLES = ("unfreeze denis", "unfreeze denis only materializers")


async def run(request: Request, desk: Desk) -> Reply:
    """Lift what stands for exactly this service. Raises a Refusal with what does stand."""
    services = await desk.services()
    known = {**services, **{freeze.service: freeze.service for freeze in await desk.standing() if freeze.service}}
    service, words = frozen_service(request.words, known, "unfreeze")
    only, rest = _only(words, services, request.words)
    reason = request.reason or " ".join(rest)
    cold = await desk.unfreeze(request, service, reason, only)
    if not cold.touched and not cold.left and not only:
        # No channel is told by itself, and the one that heard of the freeze should hear of its end.
        over = unfreeze({"service": service, "by": request.actor.id, "reason": reason}, request.at)
        return shown(over).model_copy(update={"in_channel": True})
    return shown(lifted(cold.freezes, cold.touched, cold.left, only, request.at))


def _only(
    words: Sequence[str], services: Mapping[str, str], typed: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """The plans after `only`, in one word with commas between them, and the rest."""
    if not words or words[0].lower() != "only":
        return (), words
    named = [name for name in words[1].split(",") if name] if len(words) > 1 else []
    for name in named:
        if name not in services:
            meant = nearest(name, services)
            corrected = [word.replace(name, meant) if meant else word for word in typed]
            raise BadRequest(
                Phrase("There is no plan called '{name}'; nothing was done.", name=name), command("unfreeze", corrected)
            )
    if not named:
        raise BadRequest(Phrase("Only which plan? Nothing was done."), command("unfreeze", [*typed, "PLAN"]))
    return named, words[2:]
