"""`perch trends [NAME]`: a page with pictures of how rollouts went, in one file that anybody can open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import click

from bot.domain.errors import PerchError
from bot.domain.record.trends_of_plans import by_plan, trends
from bot.engine.recounting import Recounted
from bot.engine.requests import Desk
from bot.settings import Settings
from bot.wording.language import speaking
from bot.wording.languages import LANGUAGES
from commands.terminal.past import Filters, filters, read
from commands.terminal.trends.page import RECENT, Chapter, page

PLANS = 60
"""The most plans that one page tells of, those with most rollouts."""


@click.command(name="trends")
@click.argument("name", required=False, default="")
@click.option("-o", "--output", default="", metavar="FILE", help="Default: trends.html, or NAME-trends.html; - prints.")
@filters
@click.pass_context
def trends_command(ctx: click.Context, name: str, output: str, asked: Filters) -> None:
    """Write a page of trends: of the plan NAME, or of all plans."""
    from storage.durable import replace

    found, now, language = asyncio.run(_found(ctx.obj["settings"](), asked.named(name)))
    plan = asked.named(name).plan
    with speaking(LANGUAGES[language]):
        content = page(_chapters(found, plan, now, asked), now, version("perch"), language)
    if output == "-":
        click.echo(content, nl=False)
        return
    file = Path(output or Path(f"{plan}-trends.html" if plan else "trends.html").name)
    try:
        replace(file, content.encode())
    except OSError as fault:
        raise click.FileError(str(file), f"{fault.strerror}; choose another with -o") from fault
    click.echo(f"{file}: {len(found.ended)} ended rollouts" + (f" of {plan}" if plan else ""))


async def _found(settings: Settings, asked: Filters) -> tuple[Recounted, datetime, str]:
    async with read(settings, asked) as (desk, wanted, now):
        return await desk.recount(wanted, all_of_them=True), now, _language(desk, wanted.plan)


def _language(desk: Desk, plan: str) -> str:
    """That of the plan's file, if there is one still."""
    with suppress(PerchError):
        if plan and (spoken := desk.plan(plan).language) in LANGUAGES:
            return spoken
    return "en"


def _chapters(found: Recounted, plan: str, now: datetime, asked: Filters) -> Sequence[Chapter]:
    since = asked.since(now)
    whole = Chapter(trends(found.ended, plan=plan, since=since, pending=found.pending), found.ended[:RECENT])
    plans = by_plan(found.ended)
    if plan or len(plans) < 2:
        return [whole]
    biggest = sorted(sorted(plans, key=lambda name: -len(plans[name]))[:PLANS])
    return [whole, *(Chapter(trends(plans[name], plan=name, since=since), plans[name][:RECENT]) for name in biggest)]
