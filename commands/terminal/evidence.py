"""`perch evidence`: show a record, verify it, export it. Reads the database or a bundle; changes nothing.

The context object brings `database_url`. StoreAway, and refusals (BrokenBundle among them), are left to whoever runs
the command: one line, exit code 1.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from bot.domain.evidence import Broken, Record
from storage.bundle import export
from storage.bundle_check import verify_bundle
from storage.database import Database, open_existing
from storage.durable import replace
from storage.evidence import chains, find_chain, read_chain, verify_all, verify_chain

T = TypeVar("T")


@click.group()
def evidence() -> None:
    """The append-only record: show, verify, export.

    NAME is a rollout's id, a plan's name (its newest rollout), or `workspace`.
    """


@evidence.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line, as it was hashed.")
@click.pass_context
def show(context: click.Context, name: str, as_json: bool) -> None:
    """Print the records of NAME, oldest first."""

    async def records(database: Database) -> Sequence[Record]:
        return await read_chain(database, await find_chain(database, name))

    for record in _ask(context, records):
        click.echo(json.dumps(asdict(record), ensure_ascii=False, sort_keys=True) if as_json else _line(record))


@evidence.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Every chain in the database; the same as giving no name.")
@click.pass_context
def verify(context: click.Context, name: str | None, everything: bool) -> None:
    """Check that NAME (or a bundle's FILE, or every chain) is whole; exit 1 and name the first bad record if not."""
    if name is not None and everything:
        raise click.UsageError("give a name or --all, not both")
    if name is not None and _is_file(name):
        _verify_bundle(Path(name))
    else:
        _verify_chains(context, name)


@evidence.command(name="export")
@click.argument("name")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: <rollout>.perch.zip")
@click.pass_context
def export_(context: click.Context, name: str, output: Path | None) -> None:
    """Write the bundle of NAME: one file that anybody can verify with `perch evidence verify FILE`, offline."""

    async def bundle(database: Database) -> tuple[str, bytes]:
        chain = await find_chain(database, name)
        return chain, await export(database, chain)

    rollout, content = _ask(context, bundle)
    file = output or Path(f"{rollout}.perch.zip")
    try:
        replace(file, content)
    except OSError as fault:
        raise click.FileError(str(file), f"{fault.strerror}; choose another with -o") from fault
    click.echo(f"{file} ({len(content)} bytes)")
    _verify_bundle(file)


def _verify_bundle(file: Path) -> None:
    whole = verify_bundle(file)
    click.echo(f"whole: {whole.plan} in {whole.environment}, rollout {whole.rollout}, {whole.head.number} records")
    click.echo(f"head:  {whole.head.hash} (compare it with the one posted in Slack)")


def _verify_chains(context: click.Context, name: str | None) -> None:
    async def check(database: Database) -> tuple[int, Sequence[Broken]]:
        if name is None:
            return len(await chains(database)), await verify_all(database)
        broken = await verify_chain(database, await find_chain(database, name))
        return 1, [broken] if broken else []

    count, broken = _ask(context, check)
    for bad in broken:
        click.echo(f"broken: {bad.chain}, record {bad.number}: {bad.what}", err=True)
    if broken:
        raise click.exceptions.Exit(1)
    click.echo(f"whole: {name}" if name else f"whole: all {count} chains")


def _ask(context: click.Context, question: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database that the context names, ask, close."""

    async def asked() -> T:
        database = await open_existing(context.obj["database_url"])
        try:
            return await question(database)
        finally:
            await database.aclose()

    return asyncio.run(asked())


def _is_file(name: str) -> bool:
    with suppress(OSError, ValueError):
        return Path(name).is_file() or Path(name).suffix == ".zip"
    return False


def _line(record: Record) -> str:
    facts: dict[str, Any] = dict(record.body)
    told = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    return f"{record.number:>5}  {record.at}  {record.actor:<12} {record.kind:<16} {told}"
