"""`/canary plan`: which plans there are, and what one says."""

from __future__ import annotations

from bot.domain.errors import UnknownPlan
from bot.engine.requests import Desk, Reply, Request
from bot.wording.answers import plan_list, plan_table
from bot.wording.language import speak
from bot.wording.languages import language_of
from bot.wording.manual import Who
from commands.slack.naming import shown
from commands.slack.words import command, nearest, typed

USAGE = "plan [NAME] [env=…]"
SUMMARY = "The plans on offer, or one plan as a table: stages, bakes, conditions, approvals."
WHO: Who = "all"
EXAMPLES = ("plan", "plan materializers", "plan materializers env=lab")


async def run(request: Request, desk: Desk) -> Reply:
    """A list without a name, the table with one."""
    said = typed("plan", request.words, ("env",))
    if not said.name:
        return shown(plan_list(desk.plans()))
    if said.name not in desk.plans() and (meant := nearest(said.name, desk.plans())):
        raise UnknownPlan(said.name, command("plan", [meant]))
    plan = desk.plan(said.name, said.options.get("env", ""))
    speak(language_of(plan))
    return shown(plan_table(plan))
