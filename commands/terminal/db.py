"""`perch db`: bring the schema up to date, back up, check, restore. The context object brings `database_url`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.ports import StoreAway
from storage.address import database_file
from storage.backup import back_up, damage
from storage.database import open_database, open_existing
from storage.restore import Restored, mark_restored
from storage.restore import restore as put_back
from storage.verifying import verify_all

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def db() -> None:
    """The database: upgrade, backup, check, restore, restored."""


@db.command()
@click.pass_context
def upgrade(context: click.Context) -> None:
    """Make the database, or bring its schema up to date. `perch run` does the same when it starts."""
    address = context.obj["database_url"]

    async def upgraded() -> None:
        await (await open_database(address)).aclose()

    asyncio.run(upgraded())
    click.echo(f"up to date: {database_file(address)}")


@db.command()
@click.argument("file", type=_FILE)
@click.pass_context
def backup(context: click.Context, file: Path) -> None:
    """Write a consistent copy to FILE, also while Perch runs; FILE mustn't exist."""
    back_up(database_file(context.obj["database_url"]), file)
    click.echo(f"backed up to {file}; check it with DATABASE_URL=sqlite:///{file} perch db check")


@db.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Check the file's structure, its references, and every evidence chain; exit 1 if anything is wrong."""
    address = context.obj["database_url"]
    file = database_file(address)
    if not file.exists():
        raise StoreAway(f"there is no database at {file}; set DATABASE_URL")
    found = [*damage(file), *asyncio.run(_broken_chains(address))]
    for line in found:
        click.echo(f"bad: {line}", err=True)
    if found:
        raise click.exceptions.Exit(1)
    click.echo(f"sound: {file}")


@db.command()
@click.argument("file", type=_FILE)
@click.pass_context
def restore(context: click.Context, file: Path) -> None:
    """Put the backup FILE in the database's place; Perch must not be running. Everything live starts held."""
    database = database_file(context.obj["database_url"])
    done = asyncio.run(put_back(file, database, datetime.now(UTC)))
    click.echo(f"restored: {database}" + (f"; what was there is kept as {done.kept}" if done.kept else ""))
    _tell_restored(done)


@db.command()
@click.pass_context
def restored(context: click.Context) -> None:
    """Say that other tools (pg_restore, a copied file) put a backup in place. Everything live starts held."""

    async def mark() -> Restored:
        database = await open_database(context.obj["database_url"])
        try:
            return await mark_restored(database, datetime.now(UTC))
        finally:
            await database.aclose()

    _tell_restored(asyncio.run(mark()))


def _tell_restored(done: Restored) -> None:
    click.echo("At the next start all live rollouts are held: the world may have moved on since the backup.")
    if done.requests or done.messages:
        click.echo(f"Not taken up again: {done.requests} requests and {done.messages} messages of before the backup.")
    click.echo("Next: perch evidence verify --slack shows where this database ends before what Slack was told.")


async def _broken_chains(address: str) -> Sequence[str]:
    try:
        database = await open_existing(address)
    except StoreAway as away:
        return [str(away)]
    try:
        return [f"{bad.chain}, record {bad.number}: {bad.what}" for bad in await verify_all(database)]
    except StoreAway as away:
        return [str(away)]
    finally:
        await database.aclose()
