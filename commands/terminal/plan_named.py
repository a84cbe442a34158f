"""A plan by its name, or from a file, for the commands that look at one; and how what was found is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bot.domain.errors import BadRequest
from bot.domain.plan import Plan
from storage.plans import PlanFile, PlanFolder, Remark

environment_option = click.option("--environment", default="", metavar="NAME", help="Read values for this environment.")


def folder_of(context: click.Context) -> PlanFolder:
    """Where the context says that plans are."""
    return PlanFolder(context.obj["plans"], context.obj["kinds"]())


def read(folder: PlanFolder, file: Path, environment: str, *, any_name: bool = False) -> PlanFile:
    """A file as it was found. Raises UsageError where it can't be read."""
    try:
        return folder.read_file(file, environment, any_name=any_name)
    except OSError as error:
        raise click.UsageError(f"{file} can't be read: {error.strerror or error}") from error


def plan_named(context: click.Context, name: str, environment: str) -> Plan:
    """The plan of a name, or of a file, whatever that is called. Ends the command with its mistakes if it has any."""
    folder = folder_of(context)
    if Path(name).suffix in (".yaml", ".yml"):
        found = read(folder, Path(name), environment, any_name=True)
    else:
        try:
            found = folder.look(name, environment)
        except BadRequest as unknown:
            raise click.UsageError(f"{unknown} Known: {', '.join(folder.names()) or 'none'}.") from unknown
    if found.report.plan is None:
        click.echo("\n".join(lines(found)), err=True)
        raise click.exceptions.Exit(1)
    return found.report.plan


def lines(found: PlanFile, problems: Sequence[str] | None = None) -> list[str]:
    """Mistakes and notes, each with its place, and a summary. `problems` are those of a live check, None where there
    was none."""
    told = [text for remark in found.mistakes for text in (str(remark), remark.caret) if text]
    told += [text for note in found.notes for text in (_marked(note, "note"), note.caret) if text]
    told += [f"{found.file}: live: {problem}" for problem in problems or ()]
    return [*told, _summary(found, len(problems or ())) + (_answered(found.report.plan) if problems == [] else "")]


def _marked(remark: Remark, word: str) -> str:
    return str(Remark(remark.file, remark.place, f"{word}: {remark.what}", remark.hint))


def _summary(found: PlanFile, problems: int) -> str:
    if found.mistakes:
        return f"{found.file}: {_count(len(found.mistakes), 'mistake')}"
    extras = [_count(len(found.notes), "note")] if found.notes else []
    extras += [_count(problems, "live problem")] if problems else []
    verdict = "not good" if problems else "good"
    return f"{found.file}: {verdict}" + (f" ({', '.join(extras)})" if extras else "")


def _answered(plan: Plan | None) -> str:
    """What was asked and tried live, and answered well."""
    if plan is None:
        return ""
    asked = [
        _count(len(plan.metrics), "metric"),
        _count(len(plan.traffic), "target"),
        _count(sum(map(len, plan.kill_switch)), "kill method"),
    ]
    asked += [_count(len(plan.notifiers), "notifier")] if plan.notifiers else []
    return f"; live: {', '.join(asked)} asked, and all is well"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("s" if number != 1 else "")
