"""`perch freeze SERVICE`, `perch freeze --all`: nothing rises; for when Slack is gone too."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import click

from bot.domain.freezes import EVERYWHERE, LASTING
from bot.domain.units import parse_duration
from bot.engine.requests import Cold
from bot.settings import Settings
from commands.terminal.asking import json_option, reason_option, request


@click.command()
@click.argument("service", required=False, default="")
@click.option("--all", "everything", is_flag=True, help="Freeze everything.")
@click.option("--for", "lasting", metavar="DURATION", default="", help="How long, such as 4h; 24h unless said.")
@click.option("--until-lifted", "endless", is_flag=True, help="Until somebody lifts it.")
@click.option("--except", "exempt", metavar="PLAN", multiple=True, help="A plan that goes on; may be given often.")
@reason_option
@json_option
@click.pass_context
def freeze(
    ctx: click.Context,
    service: str,
    everything: bool,
    lasting: str,
    endless: bool,
    exempt: tuple[str, ...],
    reason: str,
    as_json: bool,
) -> None:
    """Let nothing of SERVICE (or of the service of a plan of that name) rise. Rollback and kill work as ever."""
    if bool(service) == everything:
        raise click.UsageError("Say what to freeze: perch freeze SERVICE, or perch freeze --all.")
    if lasting and endless:
        raise click.UsageError("Say either --for or --until-lifted.")
    from commands.terminal.freezes import show_begun

    span = None if endless else _span(lasting)
    show_begun(asyncio.run(_freeze(ctx.obj["settings"](), service, span, exempt, reason)), as_json)


def _span(lasting: str) -> timedelta:
    try:
        return parse_duration(lasting) if lasting else LASTING
    except ValueError as wrong:
        raise click.UsageError(f"--for: {wrong}.") from None


async def _freeze(
    settings: Settings, service: str, lasting: timedelta | None, exempt: tuple[str, ...], reason: str
) -> Cold:
    from commands.terminal.engine import open_engine, settled
    from commands.terminal.freezes import known_plans

    async with open_engine(settings) as engine:
        services = await engine.desk.services()
        asked = request("freeze", service or "--all", reason, engine.ledger.clock)
        named = services.get(service, service) or EVERYWHERE
        cold = await engine.desk.freeze(asked, named, reason, lasting, known_plans(exempt, services))
        await settled(engine)
        return cold
