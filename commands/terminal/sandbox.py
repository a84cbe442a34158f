"""`perch sandbox`: everything on this machine, nothing to sign up for; `--script` plays two rollouts by itself."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from commands.terminal.ending import Failed

if TYPE_CHECKING:
    from commands.terminal.playground import Playground


@click.command()
@click.option("--script", is_flag=True, help="Play a whole rollout and a broken one, and tell how they ended.")
@click.option("--port", type=click.IntRange(0, 65535), help="The page's port; a free one is found by itself.")
def sandbox(script: bool, port: int | None) -> None:
    """Try Perch with a Slack-like workspace and a breakable service, all on this machine."""
    from bot.app import StartRefused

    try:
        ended_well = asyncio.run(_play() if script else _open(port))
    except OSError as taken:
        raise Failed(f"The sandbox wasn't started: {taken.strerror or taken}. Try: perch sandbox --port 0") from taken
    except StartRefused as refused:
        raise Failed(str(refused)) from refused
    if not ended_well:
        sys.exit(1)


async def _open(port: int | None) -> bool:
    from commands.terminal.playground import START, open_playground
    from commands.terminal.run import stop_asked

    stop = stop_asked()
    async with open_playground(port) as playground:
        click.echo(f"Open {playground.world.workspace.url} and type in #canary-live, as Ana: {START}")
        click.echo("Approve each gate as Ben or Cleo; break the service with the sliders. Ctrl-C ends it all.")
        click.echo(f"The service asks Perch which version a user gets. Ask for yourself: {_question(playground)}")
        await stop.wait()
    return True


def _question(playground: Playground) -> str:
    """What the service asks, by hand."""
    from commands.terminal.playground import PLAN

    asked = """'{"context": {"targetingKey": "you"}}'"""
    return f"curl -s {playground.perch.address}/ofrep/v1/evaluate/flags/{PLAN} -d {asked}"


async def _play() -> bool:
    from commands.terminal.playground import open_playground
    from commands.terminal.script import play

    async with open_playground(0) as playground:
        return await play(playground, click.echo)
