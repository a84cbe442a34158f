"""`perch plan check|show|diff|schema`: plans looked at without starting anything.

The group's context object brings `kinds` (a function that returns the Kinds), `plans` (the folder), and may bring
`live`, which asks a plan's sources once and reads its weight.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from bot.domain.errors import BadRequest
from bot.domain.plan import Plan
from bot.domain.planning.diff import differences
from bot.domain.planning.schema import plan_schema_text
from commands.terminal.plan_table import plan_table
from storage.plans import PlanFile, PlanFolder, Remark

LiveCheck = Callable[[Plan], Awaitable[list[str]]]
"""Asks every source of a plan once and reads the present weight; returns the problems, one line each."""

_environment = click.option("--environment", default="", metavar="NAME", help="Read values for this environment.")


@click.group()
def plan() -> None:
    """Check, show and compare plans."""


@plan.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")
@click.option("--live", is_flag=True, help="Also ask every source once and read the present weight.")
@_environment
@click.pass_context
def check(context: click.Context, files: tuple[Path, ...], as_json: bool, live: bool, environment: str) -> None:
    """Check plan FILEs: all mistakes at once. Exit code 1 when there are any."""
    folder = _folder(context)
    looked = [_read(folder, file, environment) for file in files]
    problems = {found.file: _asked(context, found) for found in looked} if live else {}
    if as_json:
        click.echo(json.dumps([_as_json(found, problems.get(found.file, [])) for found in looked], indent=2))
    else:
        click.echo("\n".join(line for found in looked for line in _lines(found, problems.get(found.file, []))))
    if any(found.mistakes for found in looked) or any(problems.values()):
        context.exit(1)


@plan.command()
@click.argument("name")
@_environment
@click.pass_context
def show(context: click.Context, name: str, environment: str) -> None:
    """Show the plan NAME (or a file): its stages, and what each asks."""
    click.echo(plan_table(_plan(context, name, environment)))


@plan.command()
@click.argument("old")
@click.argument("new")
@_environment
@click.pass_context
def diff(context: click.Context, old: str, new: str, environment: str) -> None:
    """Compare two plans, each a NAME or a file. Exit code 1 when they differ."""
    found = differences(_plan(context, old, environment), _plan(context, new, environment))
    click.echo("\n".join(map(str, found)) or "no difference in what the plans say")
    if found:
        context.exit(1)


@plan.command()
def schema() -> None:
    """Print the JSON Schema of plan files, for editors."""
    click.echo(plan_schema_text(), nl=False)


def _folder(context: click.Context) -> PlanFolder:
    return PlanFolder(context.obj["plans"], context.obj["kinds"]())


def _read(folder: PlanFolder, file: Path, environment: str) -> PlanFile:
    try:
        return folder.read_file(file, environment)
    except OSError as error:
        raise click.UsageError(f"{file} can't be read: {error.strerror or error}") from error


def _plan(context: click.Context, name: str, environment: str) -> Plan:
    """The plan of a name, or of a file. Ends the command with its mistakes where it has any."""
    folder = _folder(context)
    if Path(name).suffix in (".yaml", ".yml"):
        found = _read(folder, Path(name), environment)
    else:
        try:
            found = folder.look(name, environment)
        except BadRequest as unknown:
            raise click.UsageError(f"{unknown} Known: {', '.join(folder.names()) or 'none'}.") from unknown
    if found.report.plan is None:
        click.echo("\n".join(_lines(found, [])), err=True)
        raise click.exceptions.Exit(1)
    return found.report.plan


def _asked(context: click.Context, found: PlanFile) -> list[str]:
    live: LiveCheck | None = context.obj.get("live")
    if live is None:
        raise click.UsageError("--live isn't possible here")
    if found.report.plan is None:
        return []

    async def ask(plan: Plan, live: LiveCheck) -> list[str]:
        return await live(plan)

    return asyncio.run(ask(found.report.plan, live))


def _lines(found: PlanFile, problems: list[str]) -> list[str]:
    lines = [text for remark in found.mistakes for text in (str(remark), remark.caret) if text]
    lines += [text for note in found.notes for text in (_marked(note, "note"), note.caret) if text]
    lines += [str(part) for part in found.not_yet]
    lines += [f"{found.file}: live: {problem}" for problem in problems]
    return [*lines, _summary(found, len(problems))]


def _marked(remark: Remark, word: str) -> str:
    return str(Remark(remark.file, remark.place, f"{word}: {remark.what}", remark.hint))


def _summary(found: PlanFile, problems: int) -> str:
    if found.mistakes:
        return f"{found.file}: {_count(len(found.mistakes), 'mistake')}"
    extras = [_count(len(found.notes), "note")] if found.notes else []
    extras += [_count(len(found.not_yet), "part") + " without effect yet"] if found.not_yet else []
    extras += [_count(problems, "live problem")] if problems else []
    verdict = "not good" if problems else "good"
    return f"{found.file}: {verdict}" + (f" ({', '.join(extras)})" if extras else "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("s" if number != 1 else "")


def _as_json(found: PlanFile, problems: list[str]) -> dict[str, Any]:
    return {
        "file": found.file,
        "good": not found.mistakes and not problems,
        "mistakes": [_remark(each) for each in found.mistakes],
        "notes": [_remark(each) for each in found.notes],
        "not_yet": [_remark(each) for each in found.not_yet],
        "live": problems,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {"line": remark.place.line, "column": remark.place.column, "what": remark.what, "hint": remark.hint}
