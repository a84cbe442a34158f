"""`perch falsealarm NAME`: what fired was nothing; on record, and counted in the plan's trends."""

from __future__ import annotations

import asyncio

import click

from bot.domain.rollout import Rollout
from bot.settings import Settings
from commands.terminal.acting import shown
from commands.terminal.asking import json_option, reason_option, request


@click.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Take it back.")
@reason_option
@json_option
@click.pass_context
def falsealarm(ctx: click.Context, name: str, undo: bool, reason: str, as_json: bool) -> None:
    """Call what fired last in the rollout NAME a false alarm, also after its end. It needs a --reason."""
    if not reason and not undo:
        raise click.UsageError(f'Say why: perch falsealarm {name} --reason "what really happened".')
    shown(asyncio.run(_mark(ctx.obj["settings"](), name, reason, undo=undo)), as_json)


async def _mark(settings: Settings, name: str, reason: str, *, undo: bool) -> Rollout:
    from commands.terminal.engine import open_engine

    async with open_engine(settings) as engine:
        found = await engine.desk.find(name, live=False)
        asked = request("falsealarm", name, reason, engine.ledger.clock)
        if undo:
            return await engine.desk.undo_false_alarm(asked, found.id)
        return await engine.desk.false_alarm(asked, found.id, reason)
