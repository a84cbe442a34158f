"""`perch hold NAME`: stop a rollout where it is; triggers stay on."""

from __future__ import annotations

from datetime import timedelta

import click

from bot.domain.rollout import Rollout
from bot.domain.units import parse_duration
from bot.engine.requests import Desk, Request
from commands.terminal.acting import act, shown
from commands.terminal.asking import json_option, reason_option


@click.command()
@click.argument("name")
@click.option("--for", "lasting", metavar="DURATION", default="", help="How long, such as 24h; then the plan decides.")
@reason_option
@json_option
@click.pass_context
def hold(ctx: click.Context, name: str, lasting: str, reason: str, as_json: bool) -> None:
    """Put the rollout NAME on hold at its present weight."""
    span = _span(lasting)

    async def do(desk: Desk, request: Request, rollout: Rollout) -> Rollout:
        return await desk.hold(request, rollout.id, reason, span)

    shown(act(ctx.obj["settings"](), "hold", name, reason, do), as_json)


def _span(lasting: str) -> timedelta | None:
    try:
        return parse_duration(lasting) if lasting else None
    except ValueError as wrong:
        raise click.UsageError(f"--for: {wrong}.") from None
