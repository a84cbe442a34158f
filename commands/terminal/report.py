"""`perch report`: the whole story of a rollout as Markdown or HTML, from the database or, offline, from a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from commands.terminal.ending import Failed


@click.command()
@click.argument("name")
@click.option("--html", "form", flag_value="html", help="One HTML page that needs nothing but itself.")
@click.option("--markdown", "form", flag_value="markdown", help="Markdown, which is what you get without a choice.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
@click.pass_context
def report(context: click.Context, name: str, form: str | None, output: Path | None) -> None:
    """Tell how NAME went: a rollout's id, a plan's name (its newest rollout), or the FILE of a bundle.

    A bundle is verified first, and needs no database. The ending of -o chooses the form where no option does.
    """
    from bot.wording.report.files import as_html, as_markdown

    form = form or ("html" if output is not None and output.suffix.lower() in (".html", ".htm") else "markdown")
    told = _chronicle(context, name)
    content = as_html(told) if form == "html" else as_markdown(told)
    if output is None:
        click.echo(content, nl=False)
        return
    _write(output, content)
    click.echo(f"{output} ({len(content.encode())} bytes)")


def _chronicle(context: click.Context, name: str) -> Any:
    """What is known about it. Raises UnknownRollout, BrokenBundle, BrokenPlan, StoreAway."""
    from bot.assembly import utc_now
    from bot.domain.evidence import WORKSPACE
    from bot.engine.reporting import chronicle
    from bot.ports import Told
    from commands.terminal.evidence_verify import ask, is_file, trusted
    from storage.chronicles import SqlChronicles, told_by
    from storage.database import Database
    from storage.evidence import find_chain
    from storage.plans import PlanFolder

    keys = trusted(context)

    async def of(database: Database) -> Told:
        chain = await find_chain(database, name)
        if chain == WORKSPACE:
            raise Failed("The workspace's chain is no rollout. Nothing was written. Next: perch rollouts")
        return await SqlChronicles(database, keys).of(chain)

    told = told_by(Path(name), keys) if is_file(name) else ask(context, of)
    plans = PlanFolder(context.obj["plans"], context.obj["kinds"]())
    return chronicle(told, plans.thaw(told.tree, told.rollout.environment), utc_now)


def _write(file: Path, content: str) -> None:
    from storage.durable import replace

    try:
        replace(file, content.encode())
    except OSError as fault:
        raise click.FileError(str(file), f"{fault.strerror}; choose another with -o") from fault
