"""`/canary freeze denis for 4h REASON`: nothing of a service rises; down stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.errors import BadRequest
from bot.domain.freezes import ALL, EVERYWHERE, LASTING
from bot.domain.phrases import Phrase
from bot.engine.requests import Desk, Reply, Request
from bot.wording.freezes import began
from bot.wording.manual import Who
from commands.slack.naming import shown
from commands.slack.words import after_duration, command, nearest

USAGE = "freeze SERVICE|all [for 4h|until lifted] [REASON] [except PLAN…]"
SUMMARY = "Let nothing of a service rise, for 24 h unless said otherwise; down stays open."
WHO: Who = "operate"
EXAMPLES = ("freeze denis", "freeze denis for 4h incident 7", "freeze all until lifted")


async def run(request: Request, desk: Desk) -> Reply:
    """Read what, how long, why and who goes on; freeze. Raises a Refusal with the corrected command."""
    services = await desk.services()
    service, words = frozen_service(request.words, services, "freeze")
    lasting, words = _lasting(words)
    reason, exempt = exempted(words, services)
    cold = await desk.freeze(request, service, request.reason or reason, lasting, exempt)
    told = shown(began(cold.freezes[0], cold.touched, request.at))
    # Where nothing live is under it, no channel has been told.
    return told.model_copy(update={"in_channel": not cold.touched})


def frozen_service(words: Sequence[str], services: Mapping[str, str], verb: str) -> tuple[str, Sequence[str]]:
    """Which service is meant ("" is all), and the words after it. A plan's name means its service.

    `services` are the services by plan. Raises BadRequest with the nearest right command.
    """
    if not words:
        raise BadRequest(_which(verb, services), _the_service(verb, services, ()))
    word, rest = words[0].lower(), words[1:]
    if word in (ALL, "--all", "everything"):
        return EVERYWHERE, rest
    for known in (*services.values(), *services):
        if word == known.lower():
            return services.get(known, known), rest
    meant = nearest(word, {*services.values(), *services})
    if meant:
        raise BadRequest(
            Phrase("There is no service called '{service}'; nothing was done.", service=words[0]),
            command(verb, [meant, *rest]),
        )
    raise BadRequest(_no_service(words[0], services), _the_service(verb, services, rest))


def _the_service(verb: str, services: Mapping[str, str], rest: Sequence[str]) -> str:
    """What to type: the service where there is but one. `all` is never guessed."""
    known = {*services.values()}
    return command(verb, [known.pop() if len(known) == 1 else "SERVICE", *rest])


def _which(verb: str, services: Mapping[str, str]) -> Phrase:
    if known := _known(services):
        return Phrase("{verb} what? Services: {services}; or {all}.", verb=verb.capitalize(), services=known, all=ALL)
    return Phrase("{verb} what?", verb=verb.capitalize())


def _no_service(word: str, services: Mapping[str, str]) -> Phrase:
    if known := _known(services):
        return Phrase(
            "'{word}' is no service; nothing was done. Services: {services}; or {all}.",
            word=word,
            services=known,
            all=ALL,
        )
    return Phrase("'{word}' is no service; nothing was done.", word=word)


def _known(services: Mapping[str, str]) -> str:
    return ", ".join(sorted({*services.values()})[:8])


def _lasting(words: Sequence[str]) -> tuple[timedelta | None, Sequence[str]]:
    if [word.lower() for word in words[:2]] == ["until", "lifted"]:
        return None, words[2:]
    lasting, rest = after_duration(words)
    return (LASTING, words) if lasting is None else (lasting, rest)


def exempted(words: Sequence[str], services: Mapping[str, str]) -> tuple[str, Sequence[str]]:
    """The reason, and the plans after `except`. An `except` that no plan follows belongs to the reason."""
    said = [word.lower() for word in words]
    if "except" not in said:
        return " ".join(words), ()
    at = len(said) - 1 - said[::-1].index("except")
    named = plan_names(words[at + 1 :])
    unknown = [name for name in named if name not in services]
    if not named or len(unknown) == len(named):
        return " ".join(words), ()
    if unknown:
        meant = nearest(unknown[0], services)
        raise BadRequest(
            Phrase("There is no plan called '{name}' to be exempt; nothing was done.", name=unknown[0]),
            Phrase("the name of a plan after except, such as {meant}", meant=meant)
            if meant
            else Phrase("the name of a plan after except"),
        )
    return " ".join(words[:at]), named


def plan_names(words: Sequence[str]) -> Sequence[str]:
    """Names between spaces, commas and `and`."""
    split = [name for word in words for name in word.split(",")]
    return [name for name in split if name and name.lower() != "and"]
