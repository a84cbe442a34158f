"""`perch db`: bring the schema up to date, back up, check, restore. The context object brings `database_url`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.ports import StoreAway
from commands.terminal.db_archive import archive, archive_folder, counted, shown_room
from storage.address import database_file, dialect_of, is_a_file
from storage.archive.shelf import every_archive, fault
from storage.backup import archive_files, back_up, damage
from storage.database import open_database, open_existing
from storage.restore import Restored, mark_restored
from storage.restore import restore as put_back
from storage.verifying import verify_all

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def db() -> None:
    """The database: upgrade, backup, check, archive, restore, restored."""


@db.command()
@click.pass_context
def upgrade(context: click.Context) -> None:
    """Make the database, or bring its schema up to date. `perch run` does the same when it starts."""
    address = context.obj["database_url"]

    async def upgraded() -> str:
        database = await open_database(address)
        await database.aclose()
        return database.shown

    click.echo(f"up to date: {asyncio.run(upgraded())}")


@db.command()
@click.argument("file", type=_FILE)
@click.pass_context
def backup(context: click.Context, file: Path) -> None:
    """Write a consistent copy to FILE, also while Perch runs; FILE mustn't exist."""
    back_up(_sqlite_file(context, f"write the copy with pg_dump -Fc -f {file} DATABASE"), file)
    click.echo(f"backed up to {file}; check it with DATABASE_URL=sqlite:///{file} perch db check")
    for folder, count in sorted(Counter(folder for folder, _ in archive_files(file)).items()):
        click.echo(f"Not in it: {counted(count, 'archived file')} in {folder}; keep a copy of that folder too.")


@db.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Check the file's structure, its references, every evidence chain and every archive; exit 1 if one is bad."""
    address = context.obj["database_url"]
    dialect = dialect_of(address)
    dialect.require_made()
    # A server looks after its own structure and references.
    structure = damage(database_file(address)) if is_a_file(address) else ()
    found, room = asyncio.run(_looked_at(context))
    for line in (*structure, *found):
        click.echo(f"bad: {line}", err=True)
    if structure or found:
        raise click.exceptions.Exit(1)
    click.echo(f"sound: {dialect.shown}, {shown_room(room)}")


@db.command()
@click.argument("file", type=_FILE)
@click.pass_context
def restore(context: click.Context, file: Path) -> None:
    """Put the backup FILE in the database's place; Perch must not be running. Everything live starts held."""
    instead = f"stop every Perch, put it back with pg_restore --clean --if-exists -d DATABASE {file}, and type: "
    database = _sqlite_file(context, f"{instead}perch db restored")
    done = asyncio.run(put_back(file, database, datetime.now(UTC)))
    click.echo(f"restored: {database}" + (f"; what was there is kept as {done.kept}" if done.kept else ""))
    _tell_restored(done)
    for line in asyncio.run(_missing_archives(context)):
        click.echo(f"Look at this: {line}")


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


db.add_command(archive)


def _tell_restored(done: Restored) -> None:
    click.echo("At the next start all live rollouts are held: the world may have moved on since the backup.")
    if done.requests or done.messages:
        click.echo(f"Not taken up again: {done.requests} requests and {done.messages} messages of before the backup.")
    click.echo("Next: perch evidence verify --slack shows where this database ends before what Slack was told.")


def _sqlite_file(context: click.Context, instead: str) -> Path:
    """The database's file. Raises StoreAway with what to do for a database that is none."""
    address = context.obj["database_url"]
    if not is_a_file(address):
        raise StoreAway(f"this is for SQLite files, and DATABASE_URL names a PostgreSQL server: {instead}")
    return database_file(address)


async def _looked_at(context: click.Context) -> tuple[Sequence[str], tuple[int, int]]:
    """What is wrong with the chains and the archives, and how big it all is."""
    try:
        database = await open_existing(context.obj["database_url"])
    except StoreAway as away:
        return [str(away)], (0, 0)
    try:
        chains = [f"{bad.chain}, record {bad.number}: {bad.what}" for bad in await verify_all(database)]
        archives = [
            wrong for each in await database.read(every_archive) if (wrong := fault(each, archive_folder(context)))
        ]
        return [*chains, *archives], await database.room()
    except StoreAway as away:
        return [str(away)], (0, 0)
    finally:
        await database.aclose()


async def _missing_archives(context: click.Context) -> Sequence[str]:
    """Archives that what was put back needs, and that aren't there."""
    database = await open_existing(context.obj["database_url"])
    try:
        return [wrong for each in await database.read(every_archive) if (wrong := fault(each, archive_folder(context)))]
    finally:
        await database.aclose()
