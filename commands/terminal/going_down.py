"""Rollback and kill from a shell: whom they are about while the database may be away, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.assembly import Engine
from bot.domain.errors import UnknownRollout
from bot.domain.rollout import MethodOutcome, Rollout
from bot.ports import Card, StoreAway
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
        return [await _came_of(engine, asked.key, rollout.id, rollout.plan)]


async def kill_one(settings: Settings, name: str, reason: str) -> Sequence[Down]:
    """Throw the kill switch of what NAME means."""
    async with open_engine_for_down(settings) as engine:
        asked = request("kill", name, reason, engine.ledger.clock)
        rollout = await engine.desk.kill(asked, await _which(engine, name), reason)
        return [await _came_of(engine, asked.key, rollout.id, rollout.plan)]


async def kill_all(settings: Settings, reason: str) -> Sequence[Down]:
    """Throw every kill switch that this machine has a card of; one that refuses stops no other."""
    async with open_engine_for_down(settings) as engine:
        asked = request("kill", "--all", reason, engine.ledger.clock)
        return [
            Down(each.rollout, each.name, fault=f"was NOT killed: {each.fault}; then: perch kill {each.rollout}")
            if each.fault
            else await _came_of(engine, f"{asked.key}:{each.rollout}", each.rollout, each.name)
            for each in await engine.desk.kill_all(asked, reason)
        ]


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
    found = await _cards(engine, name)
    if len(found) == 1:
        return found[0].rollout
    if found:
        ids = ", ".join(card.rollout for card in found)
        raise Failed(f"The database is away, and '{name}' has several kill cards, so nothing was done. Name one: {ids}")
    known = ", ".join(sorted({card.plan for card in await engine.switch.cards()})) or "none"
    raise Failed(
        f"The database is away, and there is no kill card of '{name}' here (cards: {known}), so nothing was done. "
        "Run it on Perch's machine, in its folder and with its environment: docs/operating.md"
    )


async def _came_of(engine: Engine, key: str, rollout: str, plan: str) -> Down:
    """What came of the act with this key: from the spool while it's there, from the rollout once it's in evidence."""
    act = next((act for act in await asyncio.to_thread(engine.files.spooled) if act.key == key), None)
    spooled = tuple(MethodOutcome.model_validate(outcome) for outcome in act.outcomes) if act else ()
    known = await _as_known(engine, rollout)
    kept = known.kill.outcomes if known and known.kill else ()
    return Down(
        rollout=rollout,
        plan=plan,
        state=known.state if known else None,
        weight=known.confirmed.percent if known else None,
        outcomes=spooled or kept,
        recorded=act is None,
    )


async def _as_known(engine: Engine, id: str) -> Rollout | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await engine.rollouts.load(id)
    except (StoreAway, TimeoutError, UnknownRollout):
        return None
