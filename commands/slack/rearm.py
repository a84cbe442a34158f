"""`/canary rearm`: after a kill, put back what the kill switch had changed."""

from __future__ import annotations

from bot.domain.errors import SeveralKilled
from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt
from commands.slack.words import typed

USAGE = "rearm NAME [NAME]"
SUMMARY = "After a kill: put the recorded former values back, so that it may start again."
WHO: Who = "operate"
EXAMPLES = ("rearm materializers", "rearm materializers chat")


async def _meant(desk: Desk, found: Rollout, name: str) -> str:
    """A rollout that was named by its id; of a plan the one that is killed, in whichever environment and however many
    newer ones there are. Raises SeveralKilled."""
    killed = [] if found.id == name else await desk.killed(found.plan)
    if len(killed) > 1:
        where = ", ".join(f"{each.id} ({each.environment})" for each in killed)
        raise SeveralKilled(found.plan, where, killed[0].id, " ".join(each.id for each in killed))
    return killed[0].id if killed else found.id


async def run(request: Request, desk: Desk) -> Reply:
    """Rearm what is named: one, or several at once, which may share a switch."""
    ids = []
    for name in typed("rearm", request.words).plain or ("",):
        ids.append(await _meant(desk, await named(request, desk, name, live=False), name))
    rearmed = await desk.rearm(request, *ids)
    if len(rearmed) == 1:
        return await receipt(request, desk, t("{plan} is rearmed.", plan=rearmed[0].plan), rearmed[0])
    names = ", ".join(each.plan for each in rearmed)
    return await receipt(request, desk, t("Rearmed: {names}.", names=names), rearmed[0])
