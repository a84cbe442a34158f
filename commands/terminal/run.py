"""`perch run`: the bot, until it's told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from typing import Literal

import click

from bot.settings import Settings
from commands.terminal.ending import Failed


@click.command()
@click.option("--only", type=click.Choice(["web", "engine"]), help="Only the doors, or only the checks and deeds.")
@click.pass_context
def run(ctx: click.Context, only: Literal["web", "engine"] | None) -> None:
    """Run Perch: doors, checks and deeds in one process, until SIGTERM or Ctrl-C."""
    from bot.app import StartRefused
    from commands.terminal.logs import log_to_stderr

    settings: Settings = ctx.obj["settings"]()
    log_to_stderr(settings.log_level)
    collect_rarely()
    try:
        asyncio.run(_run(settings, only))
    except StartRefused as refused:
        raise Failed(str(refused)) from refused


async def _run(settings: Settings, only: Literal["web", "engine"] | None) -> None:
    from bot.app import open_perch

    stop = stop_asked()
    perch = await open_perch(settings, os.environ)
    try:
        await perch.start(only)
        click.echo(
            f"Perch is ready at {perch.address} (health, metrics); talk to it in Slack: {settings.slack_command}"
        )
        await stop.wait()
        click.echo("Perch is stopping: what is under way comes to rest; live rollouts go on after the next start.")
    finally:
        await perch.stop()


def collect_rarely() -> None:
    """Look for garbage less often than Python does by itself, for the whole process.

    A thousand frozen plans are 300,000 objects that stay. By default they're all looked through some four times a tick,
    for up to 0.3 s each (measured), and meanwhile nothing else goes on, a kill included.
    """
    gc.set_threshold(10_000, 10, 10)


def stop_asked() -> asyncio.Event:
    """Set when SIGTERM or SIGINT comes; a second one ends the process at once."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()

    def ask(signum: int) -> None:
        asked.set()
        loop.remove_signal_handler(signum)

    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, ask, signum)
    return asked
