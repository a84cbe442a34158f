"""`perch rollouts`: what is frozen, what is live, what ended last; with a name or a filter, how rollouts went."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime

import click

from bot.domain.errors import AmbiguousRollout, UnknownRollout
from bot.domain.freezes import Freeze
from bot.domain.record.summary import Summary
from bot.domain.record.trends_of_plans import trends
from bot.domain.rollout import Rollout
from bot.engine.recounting import Recounted
from bot.engine.requests import Desk
from bot.settings import Settings
from commands.terminal.asking import json_option
from commands.terminal.past import Filters, filters, no_past, read

ENDED = 10
PAST = 50
"""So many of the past are listed unless more are asked for."""


@click.command()
@click.argument("name", required=False, default="")
@click.option("--trends", "added_up", is_flag=True, help="Add them up: how often, how long, why some came down.")
@click.option("--last", default=PAST, metavar="N", type=click.IntRange(1), help=f"The newest N; {PAST} by default.")
@filters
@json_option
@click.pass_context
def rollouts(ctx: click.Context, name: str, added_up: bool, last: int, asked: Filters, as_json: bool) -> None:
    """List what is frozen, live rollouts, and the last that ended.

    With NAME, a plan's or a rollout's, or with a filter: how they went, from the record.
    """
    settings = ctx.obj["settings"]()
    if added_up:
        asyncio.run(_added_up(settings, asked.named(name), as_json))
    elif name or asked.any:
        asyncio.run(_past(settings, name, asked, last, as_json))
    else:
        _now(settings, as_json)


def _now(settings: Settings, as_json: bool) -> None:
    from commands.terminal.freezes import frozen_lines
    from commands.terminal.showing import summary, table

    found, freezes = asyncio.run(_found(settings))
    if not as_json:
        for line in frozen_lines(freezes):
            click.echo(line)
    if as_json:
        click.echo(json.dumps([summary(rollout) for rollout in found], indent=2))
    elif found:
        click.echo(table(found))
    else:
        click.echo("No rollout yet. Start one in Slack: /canary start PLAN 1%")


async def _found(settings: Settings) -> tuple[Sequence[Rollout], Sequence[Freeze]]:
    from commands.terminal.engine import open_engine

    async with open_engine(settings) as engine:
        live = await engine.desk.live()
        latest = await engine.desk.latest(limit=ENDED + len(live))
        freezes = await engine.desk.standing()
    return [*live, *[rollout for rollout in latest if not rollout.live][:ENDED]], freezes


async def _past(settings: Settings, name: str, asked: Filters, last: int, as_json: bool) -> None:
    from commands.terminal.showing_the_past import one_text, past_table, summary_facts

    async with read(settings, asked) as (desk, _, now):
        one = await _one(desk, name)
        if one is not None:
            each = await desk.summary(one)
            click.echo(json.dumps(summary_facts(each, now), indent=2) if as_json else one_text(each, now))
            return
        found = await desk.recount(asked.named(name).wanted(now), last, all_of_them=True)
    both = [*found.live, *found.ended]
    if as_json:
        click.echo(json.dumps([summary_facts(each, now) for each in both], indent=2))
    else:
        click.echo(past_table(both, now) if both else _nothing(name or asked.plan, asked))
        _tell_more(found, both, now)


def _tell_more(found: Recounted, both: Sequence[Summary], now: datetime) -> None:
    left = found.total - len(found.ended)
    if both and left > 0:
        click.echo(f"… and {left} older; --last {found.total} shows all, --trends adds them up.")


def _nothing(plan: str, asked: Filters) -> str:
    if asked.named("").any and asked != Filters(plan=plan):
        return f"No rollout fits that. All of them: perch rollouts {plan}".rstrip()
    return f"There was no rollout of {plan} yet. Start one in Slack: /canary start {plan}"


async def _one(desk: Desk, name: str) -> Rollout | None:
    """The rollout of this id; None for a plan's name or none. Raises NoPast."""
    known = await desk.known_plans() if name else []
    if not name or name in known:
        return None
    try:
        found = await desk.find(name, live=False)
    except (UnknownRollout, AmbiguousRollout):
        raise no_past(name, known) from None
    if found.id != name:
        raise no_past(name, known)
    return found


async def _added_up(settings: Settings, asked: Filters, as_json: bool) -> None:
    from commands.terminal.showing_the_past import trends_facts, trends_text

    async with read(settings, asked) as (desk, wanted, now):
        found = await desk.recount(wanted, all_of_them=True)
    told = trends(found.ended, plan=wanted.plan, since=wanted.since, pending=found.pending)
    names = [] if wanted.plan else sorted({each.plan for each in found.ended})
    click.echo(json.dumps(trends_facts(told), indent=2) if as_json else trends_text(told, now, names))
