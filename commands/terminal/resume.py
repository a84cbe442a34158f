"""`perch resume NAME`: go on with a held rollout."""

from __future__ import annotations

import click

from bot.domain.rollout import Rollout
from bot.engine.requests import Desk, Request
from commands.terminal.acting import act, shown
from commands.terminal.asking import json_option, reason_option


@click.command()
@click.argument("name")
@reason_option
@json_option
@click.pass_context
def resume(ctx: click.Context, name: str, reason: str, as_json: bool) -> None:
    """Go on with the held rollout NAME; whoever resumes counts as its requester."""

    async def do(desk: Desk, request: Request, rollout: Rollout) -> Rollout:
        return await desk.resume(request, rollout.id, reason)

    shown(act(ctx.obj["settings"](), "resume", name, reason, do), as_json)
