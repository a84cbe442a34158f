"""`perch unfreeze SERVICE`, `perch unfreeze --all`: lift a freeze. What it held stays held."""

from __future__ import annotations

import asyncio

import click

from bot.domain.freezes import EVERYWHERE
from bot.engine.requests import Cold
from bot.settings import Settings
from commands.terminal.asking import json_option, reason_option, request


@click.command()
@click.argument("service", required=False, default="")
@click.option("--all", "everywhere", is_flag=True, help="Lift the freezes of everything; those of a service stay.")
@click.option("--only", metavar="PLAN", multiple=True, help="Let this plan go on under it; may be given often.")
@reason_option
@json_option
@click.pass_context
def unfreeze(
    ctx: click.Context, service: str, everywhere: bool, only: tuple[str, ...], reason: str, as_json: bool
) -> None:
    """Lift every freeze of SERVICE (or of the service of a plan of that name)."""
    if bool(service) == everywhere:
        raise click.UsageError("Say what to lift: perch unfreeze SERVICE, or perch unfreeze --all.")
    from commands.terminal.freezes import show_lifted

    show_lifted(asyncio.run(_unfreeze(ctx.obj["settings"](), service, only, reason)), only, as_json)


async def _unfreeze(settings: Settings, service: str, only: tuple[str, ...], reason: str) -> Cold:
    from commands.terminal.engine import open_engine
    from commands.terminal.freezes import known_plans

    async with open_engine(settings) as engine:
        services = await engine.desk.services()
        asked = request("unfreeze", service or "--all", reason, engine.ledger.clock)
        named = services.get(service, service) or EVERYWHERE
        return await engine.desk.unfreeze(asked, named, reason, known_plans(only, services))
