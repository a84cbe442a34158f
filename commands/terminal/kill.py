"""`perch kill NAME`, `perch kill --all`: throw the kill switch. Needs neither Slack, metrics nor database (X4)."""

from __future__ import annotations

import asyncio

import click

from commands.terminal.asking import json_option, reason_option
from commands.terminal.down import report


@click.command()
@click.argument("name", required=False, default="")
@click.option("--all", "everything", is_flag=True, help="Kill every rollout that this machine has a kill card of.")
@reason_option
@json_option
@click.pass_context
def kill(ctx: click.Context, name: str, everything: bool, reason: str, as_json: bool) -> None:
    """Throw the kill switch of NAME (a plan's name or a rollout's id): every method, and weight 0, at once."""
    if bool(name) == everything:
        raise click.UsageError("Say what to kill: perch kill NAME, or perch kill --all.")
    from commands.terminal.going_down import kill_all, kill_one

    settings = ctx.obj["settings"]()
    report(asyncio.run(kill_all(settings, reason) if everything else kill_one(settings, name, reason)), as_json)
