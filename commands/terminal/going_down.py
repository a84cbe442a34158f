"""Rollback and kill from a shell: whom they are about while the database may be away, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.assembly import Engine
from bot.domain import kills
from bot.domain.errors import AmbiguousRollout, UnknownRollout
from bot.domain.rollout import MethodOutcome, Rollout
from bot.engine.kill import NoCard
from bot.engine.requests import KillAsked, Request
from bot.ports import Card, Spooled, StoreAway
from bot.settings import Settings
from commands.terminal.asking import request
from commands.terminal.down import Down
from commands.terminal.ending import Failed
from commands.terminal.engine import PATIENCE_S, open_engine_for_down, settled


async def roll_back(settings: Settings, name: str, reason: str) -> Sequence[Down]:
    """Roll back what NAME means, and wait until it reads back."""
    async with open_engine_for_down(settings) as engine:
        asked = request("rollback", name, reason, engine.ledger.clock)
        rollout = await engine.desk.rollback(asked, await _which(engine, name), reason)
        await settled(engine)
        return [await _through(engine, asked, rollout, rollout.plan)]


async def kill_one(settings: Settings, name: str, reason: str) -> Sequence[Down]:
    """Throw the kill switch of what NAME means, and go on until it reads back or every tier has had its time."""
    async with open_engine_for_down(settings) as engine:
        asked = request("kill", name, reason, engine.ledger.clock)
        rollout = await engine.desk.kill(asked, await _which(engine, name), reason)
        return [await _through(engine, asked, rollout, rollout.plan)]


async def kill_all(settings: Settings, reason: str) -> Sequence[Down]:
    """Throw every kill switch that this machine has a card of; one that refuses or hangs stops no other."""
    async with open_engine_for_down(settings) as engine:
        asked = request("kill", "--all", reason, engine.ledger.clock)
        killed = await engine.desk.kill_all(asked, reason)
        return await asyncio.gather(*(_each(engine, asked, each) for each in killed))


async def _each(engine: Engine, asked: Request, each: KillAsked) -> Down:
    if each.fault:
        return Down(each.rollout, each.name, fault=f"was NOT killed: {each.fault}; then: perch kill {each.rollout}")
    own = asked.model_copy(update={"key": f"{asked.key}:{each.rollout}"})
    return await _through(engine, own, await _as_known(engine, each.rollout), each.name, each.rollout)


async def _through(engine: Engine, asked: Request, rollout: Rollout | None, plan: str, id: str = "") -> Down:
    """What came of it. What doesn't read back is tried on here: whoever types this may be the only Perch there is."""
    came = await _came_of(engine, asked.key, rollout.id if rollout else id, plan)
    if not came.still_on:
        return came
    try:
        card = await engine.switch.card(came.rollout)
    except (NoCard, StoreAway):
        return came
    act = Spooled(
        key=asked.key,
        what=asked.verb,
        rollout=card.rollout,
        plan=card.plan,
        environment=card.environment,
        by=asked.actor.id,
        by_name=asked.actor.name,
        reason=asked.reason,
        at=asked.at,
    )
    outcomes = await engine.switch.insist(act, card, came.outcomes)
    now = await _came_of(engine, asked.key, came.rollout, plan)
    return replace(now, outcomes=tuple(outcomes))


async def _which(engine: Engine, name: str) -> str:
    """The rollout's id: the live one of that name, else the last one; without a database, from the kill cards.

    Raises UnknownRollout, AmbiguousRollout or Failed, with what to type.
    """
    for live in (True, False):
        try:
            async with asyncio.timeout(PATIENCE_S):
                return (await engine.desk.find(name, live=live)).id
        except (StoreAway, TimeoutError):
            break
        except UnknownRollout:
            if not live and not await _cards(engine, name):
                raise
    return await _by_card(engine, name)


async def _cards(engine: Engine, name: str) -> list[Card]:
    return [card for card in await engine.switch.cards() if name in (card.rollout, card.plan)]


async def _by_card(engine: Engine, name: str) -> str:
    try:
        return (await engine.switch.card(name)).rollout
    except AmbiguousRollout as several:
        raise Failed(f"The database is away, and several cards fit, so nothing was done. {several}") from several
    except NoCard:
        known = ", ".join(sorted({card.plan for card in await engine.switch.cards()})) or "none"
    raise Failed(
        f"The database is away, and there is no kill card of '{name}' here (cards: {known}), so nothing was done. "
        "Run it on Perch's machine, in its folder and with its environment: docs/operating.md"
    )


async def _came_of(engine: Engine, key: str, rollout: str, plan: str) -> Down:
    """What came of the act with this key: from the spool while it's there, from the rollout once it's in evidence."""
    act = next((act for act in await asyncio.to_thread(engine.files.spooled) if act.key == key), None)
    spooled = [MethodOutcome.model_validate(outcome) for outcome in act.outcomes] if act else []
    known = await _as_known(engine, rollout)
    kept = known.kill.outcomes if known and known.kill else ()
    return Down(
        rollout=rollout,
        plan=plan,
        state=known.state if known else None,
        weight=known.confirmed.percent if known else None,
        outcomes=kills.newest(spooled) or kept,
        recorded=act is None,
        remembered=engine.files.only_remembered(key),
    )


async def _as_known(engine: Engine, id: str) -> Rollout | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await engine.rollouts.load(id)
    except (StoreAway, TimeoutError, UnknownRollout):
        return None
