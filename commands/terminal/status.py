"""`perch status NAME`: where a rollout stands, and what it waits for."""

from __future__ import annotations

import asyncio
import json

import click

from bot.settings import Settings
from commands.terminal.asking import json_option


@click.command()
@click.argument("name")
@json_option
@click.pass_context
def status(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show where the rollout NAME (a plan's name or a rollout's id) stands."""
    click.echo(asyncio.run(_status(ctx.obj["settings"](), name, as_json)))


async def _status(settings: Settings, name: str, as_json: bool) -> str:
    from commands.terminal.engine import open_engine
    from commands.terminal.showing import status_text

    async with open_engine(settings) as engine:
        rollout = await engine.desk.find(name, live=False)
        if as_json:
            return json.dumps(rollout.model_dump(mode="json"), indent=2)
        return status_text(rollout, await engine.desk.plan_of(rollout), engine.ledger.clock())
