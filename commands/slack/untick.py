"""`/canary untick` and the Undo button: a tick of the open gate's checklist is taken back."""

from __future__ import annotations

from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import item_of, named, receipt

USAGE = "untick [NAME] ITEM"
SUMMARY = "Take a tick back; possible until the gate is used."
WHO: Who = "tick"
EXAMPLES = ("untick 1",)


async def run(request: Request, desk: Desk) -> Reply:
    """Untick it; one that isn't ticked stays as it is."""
    name, which = item_of(request)
    rollout = await named(request, desk, name, guess=True)
    cleared = await desk.tick(request, rollout.id, which, done=False)
    return await receipt(request, desk, t("It isn't ticked any more."), cleared)
