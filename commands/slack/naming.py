"""Whom a request is about: the rollout of the clicked message, the named one, or the only one."""

from __future__ import annotations

import asyncio

from bot.domain.errors import BadRequest, UnknownRollout
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Reply, Request
from bot.ports import Said, StoreAway
from bot.wording.answers import done
from bot.wording.telling import Telling
from commands.slack.words import command

PATIENCE_S = 1.0
"""How long an answer waits to hear more from the database."""
DOWN_S = 0.25
"""How long a way down waits to hear which rollout is meant; then it goes by the kill cards (law 2)."""


async def named(request: Request, desk: Desk, name: str, *, live: bool = True, guess: bool = False) -> Rollout:
    """The rollout that is meant. With `guess`, the only live one when none is named.

    Raises UnknownRollout or AmbiguousRollout, and BadRequest where a name is needed, with what to type.
    """
    if request.rollout or name:
        return await desk.find(request.rollout or name, live=live)
    there = await desk.live()
    if guess and len(there) == 1:
        return there[0]
    if not there and not live and (ended := await desk.latest(limit=1)):
        return ended[0]
    raise _which(request.verb, [rollout.plan for rollout in there])


def _which(verb: str, plans: list[str]) -> BadRequest:
    if not plans:
        return BadRequest("Nothing is being rolled out.", command("list"))
    return BadRequest(f"Which one? Live now: {', '.join(plans[:10])}.", command(verb, plans[:1]))


async def telling(request: Request, desk: Desk, rollout: Rollout) -> Telling:
    """What wording needs to know about a rollout, as of the request."""
    plan: Plan = await desk.plan_of(rollout)
    return Telling({}, rollout, plan, request.at)


async def target(request: Request, desk: Desk, name: str, *, live: bool = True) -> str:
    """The rollout's id for a way down; with the database away or slow, what was clicked or typed (law 2)."""
    if request.rollout:
        return request.rollout
    try:
        async with asyncio.timeout(DOWN_S):
            return (await _meant(request, desk, name, live)).id
    except (StoreAway, TimeoutError):
        if name:
            return name
        raise _which(request.verb, []) from None


async def _meant(request: Request, desk: Desk, name: str, live: bool) -> Rollout:
    """What is live comes first, whatever ended later: the way down is for what still runs."""
    try:
        return await named(request, desk, name, live=True)
    except (UnknownRollout, BadRequest):
        if live:
            raise
    return await named(request, desk, name, live=False)


async def receipt(request: Request, desk: Desk, what: str, rollout: Rollout) -> Reply:
    """What was done, and how things stand now; with the database away only the former."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return shown(done(what, await telling(request, desk, rollout)))
    except (StoreAway, TimeoutError):
        return Reply(text=f"{what} The database is away; the rest will be told when it's back.")


def shown(said: Said) -> Reply:
    """A worded message as a reply that only the asker sees."""
    return Reply(text=said.text, blocks=tuple(dict(block) for block in said.blocks))
