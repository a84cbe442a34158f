"""`perch rollouts`: what is frozen, what is live, and what ended last."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import click

from bot.domain.freezes import Freeze
from bot.domain.rollout import Rollout
from bot.settings import Settings
from commands.terminal.asking import json_option

ENDED = 10


@click.command()
@json_option
@click.pass_context
def rollouts(ctx: click.Context, as_json: bool) -> None:
    """List what is frozen, live rollouts, and the last that ended."""
    from commands.terminal.freezes import frozen_lines
    from commands.terminal.showing import summary, table

    found, freezes = asyncio.run(_found(ctx.obj["settings"]()))
    if not as_json:
        for line in frozen_lines(freezes):
            click.echo(line)
    if as_json:
        click.echo(json.dumps([summary(rollout) for rollout in found], indent=2))
    elif found:
        click.echo(table(found))
    else:
        click.echo("No rollout yet. Start one in Slack: /canary start PLAN 1%")


async def _found(settings: Settings) -> tuple[Sequence[Rollout], Sequence[Freeze]]:
    from commands.terminal.engine import open_engine

    async with open_engine(settings) as engine:
        live = await engine.desk.live()
        latest = await engine.desk.latest(limit=ENDED + len(live))
        freezes = await engine.desk.standing()
    return [*live, *[rollout for rollout in latest if not rollout.live][:ENDED]], freezes
