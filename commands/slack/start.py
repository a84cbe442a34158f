"""`/canary start materializers 1%`: begin a rollout at its first stage that serves."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.errors import BadRequest, NotAWeight
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.units import ZERO, Weight
from bot.engine.requests import Desk, How, Reply, Request, Start
from bot.wording.language import speak, t
from bot.wording.languages import language_of
from bot.wording.manual import Who
from commands.slack.naming import receipt
from commands.slack.words import Typed, bare, command, nearest, typed

USAGE = (
    'start NAME 1% [version=…] [env=…] [reason="…"] [watcher=@…] [observe | adopt] '
    '[override="what was fixed" fix=TICKET]'
)
SUMMARY = "Start a rollout at its first stage; alone it opens a dialog."
WHO: Who = "start"
EXAMPLES = ("start", "start materializers 1%", 'start materializers 1% version=2.4.1 reason="the new write path"')
OPTIONS = ("version", "env", "reason", "watcher", "override", "fix")
WAYS: Mapping[str, How] = {"observe": "observe", "--observe": "observe", "adopt": "adopt", "--adopt": "adopt"}
"""Words that say how else to begin: only watch (U2), or take over what is at this weight already (U2)."""


async def run(request: Request, desk: Desk) -> Reply:
    """Read name, weight and options, and start. Raises a Refusal with the corrected command."""
    words, how = _without_way(request.words)
    said = typed(request.verb, words, OPTIONS)
    if not said.name:
        raise BadRequest(Phrase("Start what?"), command("start", [(*desk.plans(), "NAME")[0]]))
    plan = desk.plan(_plan_name(said.name, desk, request.words), said.options.get("env", ""))
    speak(language_of(plan))
    reason = request.reason or said.options.get("reason", "")
    weight = _weight(said, plan, how)
    if how == "adopt" and not reason:
        corrected = command("start", [plan.name, str(weight), "adopt", "reason=why it is there already"])
        raise BadRequest(Phrase("A takeover skips the gates before its stage, so it needs its reason."), corrected)
    wanted = Start(
        plan=plan.name,
        weight=weight,
        version=said.options.get("version", ""),
        environment=said.options.get("env", ""),
        override=said.options.get("override", ""),
        fix=said.options.get("fix", ""),
        reason=reason,
        watcher=bare(said.options.get("watcher", "")),
        how=how,
    )
    return await receipt(request, desk, _done(plan, how), await desk.start(request, wanted))


def _done(plan: Plan, how: How) -> str:
    match how:
        case "observe":
            return t("{plan} is observed.", plan=plan.name)
        case "adopt":
            return t("{plan} is being taken over.", plan=plan.name)
        case _:
            return t("{plan} is started.", plan=plan.name)


def _without_way(words: tuple[str, ...]) -> tuple[tuple[str, ...], How]:
    said = [WAYS[word.lower()] for word in words if word.lower() in WAYS]
    return tuple(word for word in words if word.lower() not in WAYS), said[-1] if said else "raise"


def _plan_name(name: str, desk: Desk, words: tuple[str, ...]) -> str:
    if name in desk.plans():
        return name
    meant = nearest(name, desk.plans())
    if not meant:
        raise BadRequest(Phrase("There is no plan called '{name}'.", name=name), command("plan"))
    corrected = [meant if word == name else word for word in words]
    raise BadRequest(
        Phrase("There is no plan called '{name}'. Did you mean {meant}?", name=name, meant=meant),
        command("start", corrected),
    )


def _weight(said: Typed, plan: Plan, how: How) -> Weight | None:
    """The weight that was typed. Without one, or with a number that isn't one, the first stage is suggested.

    Who only watches needs none: the real weight says which stage counts.
    """
    first = first_weight(plan)
    options: Mapping[str, str] = said.options
    rest = [f"{name}={value}" for name, value in options.items()]
    corrected = command("start", [plan.name, str(first), *([how] if how != "raise" else []), *rest])
    if len(said.plain) < 2 and how == "observe":
        return None
    if len(said.plain) < 2:
        raise BadRequest(
            Phrase("{name} starts at {first}; say so, so that nobody is surprised.", name=plan.name, first=first),
            corrected,
        )
    if len(said.plain) > 2:
        raise BadRequest(
            Phrase("I don't know what '{word}' is for; nothing was started.", word=said.plain[2]), corrected
        )
    try:
        return Weight.parse(said.plain[1])
    except NotAWeight as refused:
        raise BadRequest(Phrase("{refused}; nothing was started.", refused=refused.happened), corrected) from None


def first_weight(plan: Plan) -> Weight:
    """The weight of the first stage that serves anybody."""
    return next((stage.weight for stage in plan.stages if stage.weight > ZERO), plan.stage_weight(0))
