"""`perch plan check|show|diff|dashboard|rules|routing|schema`: plans looked at without starting anything.

The group's context object brings `kinds` (a function that returns the Kinds), `plans` (the folder), and may bring
`live`, which asks a plan's sources once and reads its weight.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import click

from bot.domain.plan import Plan
from bot.domain.planning.diff import differences
from bot.domain.planning.schema import plan_schema_text
from commands.terminal.alerting import routing, rules
from commands.terminal.dashboards import dashboard
from commands.terminal.plan_named import environment_option, folder_of, lines, plan_named, read
from commands.terminal.plan_table import plan_table
from storage.plans import PlanFile, Remark

LiveCheck = Callable[[Plan], Awaitable[list[str]]]
"""Asks every source of a plan once and reads the present weight; returns the problems, one line each."""


@click.group()
def plan() -> None:
    """Check, show and compare plans, and make alert rules and dashboards of them."""


@plan.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")
@click.option("--live", is_flag=True, help="Also ask every source once and read the present weight.")
@environment_option
@click.pass_context
def check(context: click.Context, files: tuple[Path, ...], as_json: bool, live: bool, environment: str) -> None:
    """Check plan FILEs, or all of a folder: all mistakes at once. Exit code 1 when there are any."""
    folder = folder_of(context)
    looked = [read(folder, file, environment) for named in files for file in _files(named)]
    problems = {found.file: _asked(context, found) for found in looked} if live else {}
    if as_json:
        click.echo(json.dumps([_as_json(found, problems.get(found.file, [])) for found in looked], indent=2))
    else:
        click.echo("\n".join(line for found in looked for line in lines(found, problems.get(found.file))))
    if any(found.mistakes for found in looked) or any(problems.values()):
        context.exit(1)


@plan.command()
@click.argument("name")
@environment_option
@click.pass_context
def show(context: click.Context, name: str, environment: str) -> None:
    """Show the plan NAME (or a file): its stages, and what each asks."""
    click.echo(plan_table(plan_named(context, name, environment)))


@plan.command()
@click.argument("old")
@click.argument("new")
@environment_option
@click.pass_context
def diff(context: click.Context, old: str, new: str, environment: str) -> None:
    """Compare two plans, each a NAME or a file. Exit code 1 when they differ."""
    found = differences(plan_named(context, old, environment), plan_named(context, new, environment))
    click.echo("\n".join(map(str, found)) or "no difference in what the plans say")
    if found:
        context.exit(1)


@plan.command()
def schema() -> None:
    """Print the JSON Schema of plan files, for editors."""
    click.echo(plan_schema_text(), nl=False)


for command in (dashboard, rules, routing):
    plan.add_command(command)


def _files(named: Path) -> Sequence[Path]:
    """The file itself, or all plans of a folder."""
    if not named.is_dir():
        return [named]
    found = sorted(file for file in named.iterdir() if file.suffix in (".yaml", ".yml"))
    if not found:
        raise click.UsageError(f"There is no plan in {named}/.")
    return found


def _asked(context: click.Context, found: PlanFile) -> list[str]:
    live: LiveCheck | None = context.obj.get("live")
    if live is None:
        raise click.UsageError("--live isn't possible here")
    if found.report.plan is None:
        return []

    async def ask(plan: Plan, live: LiveCheck) -> list[str]:
        return await live(plan)

    return asyncio.run(ask(found.report.plan, live))


def _as_json(found: PlanFile, problems: list[str]) -> dict[str, Any]:
    return {
        "file": found.file,
        "good": not found.mistakes and not problems,
        "mistakes": [_remark(each) for each in found.mistakes],
        "notes": [_remark(each) for each in found.notes],
        "live": problems,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {"line": remark.place.line, "column": remark.place.column, "what": remark.what, "hint": remark.hint}
