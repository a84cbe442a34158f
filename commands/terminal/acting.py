"""Hold and resume from a shell: through the desk, as any person's request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import click

from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Request
from bot.settings import Settings
from commands.terminal.asking import request

Deed = Callable[[Desk, Request, Rollout], Awaitable[Rollout]]


def act(settings: Settings, verb: str, name: str, reason: str, deed: Deed) -> Rollout:
    """Do one deed on the live rollout that NAME means; returns it as it stands then. Raises a Refusal or StoreAway."""
    return asyncio.run(_act(settings, verb, name, reason, deed))


async def _act(settings: Settings, verb: str, name: str, reason: str, deed: Deed) -> Rollout:
    from commands.terminal.engine import open_engine, settled

    async with open_engine(settings) as engine:
        found = await engine.desk.find(name, live=True)
        saved = await deed(engine.desk, request(verb, name, reason, engine.ledger.clock), found)
        await settled(engine)
        return await engine.rollouts.load(saved.id)


def shown(rollout: Rollout, as_json: bool) -> None:
    """Print how things stand after the deed."""
    from commands.terminal.showing import summary, table

    click.echo(json.dumps(summary(rollout), indent=2) if as_json else table([rollout]))
