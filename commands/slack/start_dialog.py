"""The dialog of `/canary start` alone. Its answer is the request that somebody could have typed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import TypeVar

from bot.domain.errors import BrokenPlan, PerchError
from bot.engine.requests import Desk, How, Request, Start
from bot.ports import StoreAway
from bot.wording.language import speaking
from bot.wording.languages import language_of
from bot.wording.modals import no_plans_modal
from bot.wording.refusals import in_short
from bot.wording.start_modal import Offer, start_modal
from commands.slack.dialog import Dialog, Filled, Mistaken, View
from commands.slack.start import first_weight
from commands.slack.words import command

log = logging.getLogger(__name__)

LOOK_S = 0.8
"""How long a dialog waits to hear what stands in the way; what isn't known by then is said after it's submitted."""
Found = TypeVar("Found")


async def build(request: Request, desk: Desk) -> View:
    """The dialog with the plan that ran last, or the first one."""
    names = desk.plans()
    if not names:
        return no_plans_modal()
    latest = await _in_time(desk.latest(limit=1)) or ()
    return await _view(request, desk, next((each.plan for each in latest if each.plan in names), names[0]), "")


async def change(filled: Filled, desk: Desk) -> View:
    """Another plan, or another environment, was chosen: all that follows from it."""
    chosen = filled.text("plan")
    environment = filled.text("environment") if filled.blocks.get("environment") == f"environment:{chosen}" else ""
    return await _view(filled.request, desk, chosen, environment)


async def _view(request: Request, desk: Desk, chosen: str, environment: str) -> View:
    names = desk.plans()
    try:
        plan = desk.plan(chosen, environment)
        known = desk.environments(chosen)
    except PerchError as broken:
        return start_modal(Offer(names, chosen, None, broken=str(broken)))
    wanted = Start(plan=chosen, weight=first_weight(plan), environment=environment)
    differs, obstacles = await asyncio.gather(
        _in_time(desk.changed(chosen, environment)), _in_time(desk.obstacles(request, wanted))
    )
    changed = differs.model_dump() if differs else {}
    return start_modal(Offer(names, chosen, plan, known, changed, obstacles or ()))


async def read(filled: Filled, desk: Desk) -> Request:
    """The same words that could be typed. What is known to be in the way is told at once, and goes on record."""
    chosen = filled.text("plan")
    try:
        plan = desk.plan(chosen, filled.text("environment"))
    except BrokenPlan as broken:
        raise Mistaken({"plan": in_short([broken])}) from broken
    except PerchError as unknown:
        raise Mistaken({"plan": str(unknown)}) from unknown
    how: How = "observe" if filled.ticked("how", "observe") else "raise"
    first = first_weight(plan)
    options = {"version": filled.text("version"), "env": filled.text("environment"), "watcher": filled.text("watcher")}
    words = [chosen, str(first), *(f"{name}={value}" for name, value in options.items() if value)]
    words += [how] if how == "observe" else []
    request = filled.request.model_copy(update={"words": tuple(words), "reason": filled.text("reason")})
    wanted = Start(plan=chosen, weight=first, environment=options["env"], how=how)
    if refusals := await _in_time(desk.obstacles(request, wanted)):
        for refused in refusals:
            await _in_time(desk.refused(request, refused))
        with speaking(language_of(plan)):
            raise Mistaken({"plan": in_short(refusals)})
    return request


def instead(request: Request, desk: Desk) -> str:
    """What to type: the first plan and its weight, as an example that works."""
    for name in desk.plans():
        try:
            return command("start", [name, str(first_weight(desk.plan(name)))])
        except PerchError:
            continue
    return command("start", ["NAME", "1%"])


async def _in_time(asking: Awaitable[Found]) -> Found | None:
    """None where the database doesn't answer in time: the dialog isn't kept waiting for it."""
    try:
        async with asyncio.timeout(LOOK_S):
            return await asking
    except (StoreAway, TimeoutError) as away:
        log.warning("the start dialog does without the database: %s", away)
        return None


DIALOG = Dialog(build, read, instead, change, alone=True)
