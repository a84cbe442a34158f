"""`/canary rearm`: after a kill, put back what the kill switch had changed."""

from __future__ import annotations

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Reply, Request
from bot.wording.language import t
from bot.wording.manual import Who
from commands.slack.naming import named, receipt
from commands.slack.words import typed

USAGE = "rearm NAME"
BEFORE = 20
SUMMARY = "After a kill: put the recorded former values back, so that it may start again."
WHO: Who = "operate"
EXAMPLES = ("rearm materializers",)


async def _engaged(desk: Desk, newest: Rollout) -> str:
    """The rollout whose kill switch is engaged: the newest one, or one of before that was killed by its id."""
    before = await desk.latest(newest.plan, BEFORE)
    killed = (each for each in before if each.state is State.KILLED and each.rearmed_at is None)
    same = (each.id for each in killed if each.environment == newest.environment)
    return newest.id if newest.state is State.KILLED and newest.rearmed_at is None else next(same, newest.id)


async def run(request: Request, desk: Desk) -> Reply:
    """Rearm the newest killed rollout of that name."""
    rollout = await named(request, desk, typed("rearm", request.words).name, live=False)
    rearmed = await desk.rearm(request, await _engaged(desk, rollout))
    return await receipt(request, desk, t("{plan} is rearmed.", plan=rearmed.plan), rearmed)
