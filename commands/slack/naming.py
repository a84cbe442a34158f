"""Whom a request is about: the rollout of the clicked message, the named one, or the only one."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from bot.domain.errors import BadRequest, BrokenPlan, UnknownRollout
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Reply, Request
from bot.ports import Said, StoreAway
from bot.wording.answers import done
from bot.wording.language import speak, t
from bot.wording.languages import language_of
from bot.wording.telling import Telling
from commands.slack.words import command

PATIENCE_S = 1.0
"""How long an answer waits to hear more from the database."""
DOWN_S = 0.25
"""How long a way down waits to hear which rollout is meant; then it goes by the kill cards (law 2)."""


async def named(request: Request, desk: Desk, name: str, *, live: bool = True, guess: bool = False) -> Rollout:
    """The rollout that is meant; from here on its plan's language is spoken. With `guess`, the only live one.

    Raises UnknownRollout or AmbiguousRollout, and BadRequest where a name is needed, with what to type.
    """
    found = await _found(request, desk, name, live=live, guess=guess)
    await speak_of(found, desk)
    return found


async def speak_of(rollout: Rollout, desk: Desk) -> None:
    """From here on a rollout's own language is spoken."""
    with suppress(BrokenPlan):
        speak(language_of(await desk.plan_of(rollout)))


async def _found(request: Request, desk: Desk, name: str, *, live: bool, guess: bool) -> Rollout:
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
        return BadRequest(Phrase("Nothing is being rolled out."), command("history"))
    return BadRequest(Phrase("Which one? Live now: {plans}.", plans=", ".join(plans[:10])), command(verb, plans[:1]))


def item_of(request: Request) -> tuple[str, str]:
    """The rollout's name and the item that is meant: `tick NAME 2`, `tick 2`, or a click, which has the item alone."""
    words = request.words
    if request.rollout:
        return "", " ".join(words)
    if len(words) == 1 and _ITEM.fullmatch(words[0]):
        return "", words[0]
    return (words[0] if words else ""), " ".join(words[1:])


_ITEM = re.compile(r"\d+|[Tt]\+\w+")


async def telling(request: Request, desk: Desk, rollout: Rollout) -> Telling:
    """What wording needs to know about a rollout, as of the request; from here on its plan's language is spoken."""
    plan: Plan = await desk.plan_of(rollout)
    speak(language_of(plan))
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
        return Reply(text=t("{what} The database is away; the rest will be told when it's back.", what=what))


def shown(said: Said) -> Reply:
    """A worded message as a reply that only the asker sees."""
    return Reply(text=said.text, blocks=tuple(dict(block) for block in said.blocks))
