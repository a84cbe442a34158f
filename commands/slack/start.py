"""`/canary start materializers 1%`: begin a rollout at its first stage that serves."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.errors import BadRequest, NotAWeight
from bot.domain.plan import Plan
from bot.domain.units import ZERO, Weight
from bot.engine.requests import Desk, Reply, Request
from commands.slack.naming import receipt
from commands.slack.words import Typed, command, nearest, typed

USAGE = 'start NAME [1%] [version=…] [env=…] [override="what was fixed" fix=TICKET]'
SUMMARY = "Start a rollout at its first stage."
OPTIONS = ("version", "env", "override", "fix")


async def run(request: Request, desk: Desk) -> Reply:
    """Read name, weight and options, and start. Raises a Refusal with the corrected command."""
    words, observe = _without_flag(request.words)
    said = typed(request.verb, words, OPTIONS)
    if not said.name:
        raise BadRequest("Start what?", command("start", [(*desk.plans(), "NAME")[0]]))
    plan = desk.plan(_plan_name(said.name, desk, request.words), said.options.get("env", ""))
    started = await desk.start(
        request,
        plan.name,
        _weight(said, plan, request.words),
        version=said.options.get("version", ""),
        environment=said.options.get("env", ""),
        override=said.options.get("override", ""),
        fix=said.options.get("fix", ""),
        observe=observe,
    )
    return await receipt(request, desk, f"{plan.name} is started.", started)


def _without_flag(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    kept = tuple(word for word in words if word.lower() not in ("observe", "--observe"))
    return kept, len(kept) < len(words)


def _plan_name(name: str, desk: Desk, words: tuple[str, ...]) -> str:
    if name in desk.plans():
        return name
    meant = nearest(name, desk.plans())
    if not meant:
        raise BadRequest(f"There is no plan called '{name}'.", command("plan"))
    corrected = [meant if word == name else word for word in words]
    raise BadRequest(f"There is no plan called '{name}'. Did you mean {meant}?", command("start", corrected))


def _weight(said: Typed, plan: Plan, words: tuple[str, ...]) -> Weight:
    """The weight that was typed. Without one, or with a number that isn't one, the first stage is suggested."""
    first = first_weight(plan)
    options: Mapping[str, str] = said.options
    rest = [f"{name}={value}" for name, value in options.items()]
    corrected = command("start", [plan.name, str(first), *rest])
    if len(said.plain) < 2:
        raise BadRequest(f"{plan.name} starts at {first}; say so, so that nobody is surprised.", corrected)
    if len(said.plain) > 2:
        raise BadRequest(f"I don't know what '{said.plain[2]}' is for; nothing was started.", corrected)
    try:
        return Weight.parse(said.plain[1])
    except NotAWeight as refused:
        raise BadRequest(f"{refused}; nothing was started.", corrected) from None


def first_weight(plan: Plan) -> Weight:
    """The weight of the first stage that serves anybody."""
    return next((stage.weight for stage in plan.stages if stage.weight > ZERO), plan.stage_weight(0))
