"""`perch doctor`: everything that must be right before a rollout, each line OK or what to do. Changes nothing."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict

import click

from bot.settings import BadSetting, Settings
from commands.terminal.asking import json_option
from commands.terminal.doctor.findings import Finding, Grade, bad


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check tokens, scopes, channels, plans, sources, adapters, plugins, destinations, mail, database and clock.

    Exit code 1 when one is bad.
    """
    found = asyncio.run(_examine(ctx.obj["settings"], as_json))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    if any(finding.grade is Grade.BAD for finding in found):
        sys.exit(1)


async def _examine(settings: Callable[[], Settings], quiet: bool) -> list[Finding]:
    found = []
    async for finding in _findings(settings):
        found.append(finding)
        if not quiet:
            click.echo(str(finding))
    return found


async def _findings(given: Callable[[], Settings]) -> AsyncIterator[Finding]:
    from bot.assembly import all_kinds, all_plugins, utc_now
    from commands.terminal.doctor.keeping import destinations
    from commands.terminal.doctor.machine import database, signing, state_folder
    from commands.terminal.doctor.plans import flags, good_plans, plans, rehearsals
    from commands.terminal.doctor.plugins import plugins
    from commands.terminal.doctor.slack import slack

    try:
        settings = given()
    except BadSetting as wrong:
        yield bad("settings", str(wrong))
        return
    for finding in (await database(settings.database_url), signing(settings), state_folder(settings.state)):
        yield finding
    for finding in (*plugins(all_plugins()), *plans(settings.plans, all_kinds())):
        yield finding
    ready = good_plans(settings.plans, all_kinds())
    for finding in flags(settings, ready, all_kinds()):
        yield finding
    async for finding in slack(settings, ready, utc_now):
        yield finding
    async for finding in destinations(settings, ready, os.environ):
        yield finding
    for plan in ready:
        yield await rehearsals(plan, os.environ)
