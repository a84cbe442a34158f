"""`perch rollouts`: what is live, and what ended last."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import click

from bot.domain.rollout import Rollout
from bot.settings import Settings
from commands.terminal.asking import json_option

ENDED = 10


@click.command()
@json_option
@click.pass_context
def rollouts(ctx: click.Context, as_json: bool) -> None:
    """List live rollouts, and the last that ended."""
    from commands.terminal.showing import summary, table

    found = asyncio.run(_found(ctx.obj["settings"]()))
    if as_json:
        click.echo(json.dumps([summary(rollout) for rollout in found], indent=2))
    elif found:
        click.echo(table(found))
    else:
        click.echo("No rollout yet. Start one in Slack: /canary start PLAN 1%")


async def _found(settings: Settings) -> Sequence[Rollout]:
    from commands.terminal.engine import open_engine

    async with open_engine(settings) as engine:
        live = await engine.desk.live()
        latest = await engine.desk.latest(limit=ENDED + len(live))
    return [*live, *[rollout for rollout in latest if not rollout.live][:ENDED]]
