"""`/canary tick` and the Tick button: an item of the open gate's checklist is done."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import item_of, named, receipt

USAGE = "tick [NAME] ITEM"
SUMMARY = "Tick an item of the open gate's checklist, by its number or words; all are needed to go up."
WHO: Who = "tick"
EXAMPLES = ("tick 1", "tick materializers 2")


async def run(request: Request, desk: Desk) -> Reply:
    """Tick it; one that is ticked already stays as it is."""
    name, which = item_of(request)
    rollout = await named(request, desk, name, guess=True)
    ticked = await desk.tick(request, rollout.id, which, done=True)
    return await receipt(request, desk, t("It is ticked."), ticked)
