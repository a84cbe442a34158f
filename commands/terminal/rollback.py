"""`perch rollback NAME`: bring the traffic down, with the database or without it (law 2)."""

from __future__ import annotations

import asyncio

import click

from commands.terminal.asking import json_option, reason_option
from commands.terminal.down import report


@click.command()
@click.argument("name")
@reason_option
@json_option
@click.pass_context
def rollback(ctx: click.Context, name: str, reason: str, as_json: bool) -> None:
    """Roll NAME back to where its plan says, and wait until that is read back."""
    from commands.terminal.going_down import roll_back

    report(asyncio.run(roll_back(ctx.obj["settings"](), name, reason)), as_json)
