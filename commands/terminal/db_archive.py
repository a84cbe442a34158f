"""`perch db archive`: measurements of rollouts that ended long ago go to Parquet, now and by hand."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bot.assembly import signer_of
from bot.ports import Due
from bot.settings import Settings
from commands.terminal.asking import shell_user
from commands.terminal.ending import Failed
from storage.address import database_file, is_a_file
from storage.archive.archiving import Archive
from storage.backup import compact
from storage.database import Database, open_existing
from storage.leases import SqlLeases

MB = 1024 * 1024
SHRINK_PAGES = 100


class Days(click.ParamType[timedelta]):
    """A number of days, as `14d`."""

    name = "days"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if not re.fullmatch(r"\d{1,5}d", value):
            self.fail(f"'{value}' is no number of days; write 14d")
        return timedelta(days=int(value[:-1]))


@click.command()
@click.option("--older", type=Days(), help="Of rollouts that ended longer ago; default: PERCH_ARCHIVE_AFTER.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option(
    "--compact", "compacting", is_flag=True, help="Then make the file as small as it can be; stop Perch first."
)
@click.pass_context
def archive(context: click.Context, older: timedelta | None, dry_run: bool, compacting: bool) -> None:
    """Move measurements of rollouts that ended long ago to Parquet files. Perch may run: it does the same daily."""
    settings: Settings = context.obj["settings"]()
    after = older if older is not None else settings.archived_after
    if after is None:
        raise Failed("PERCH_ARCHIVE_AFTER is never, so nothing was archived. Next: perch db archive --older 14d")
    if compacting and not is_a_file(settings.database_url):
        raise Failed("--compact is for SQLite files; a PostgreSQL server's own VACUUM does it. Nothing was archived.")
    size = asyncio.run(_archived(settings, datetime.now(UTC) - after, dry_run))
    if compacting and not dry_run:
        file = database_file(settings.database_url)
        compact(file)
        size = file.stat().st_size, 0
    click.echo(f"the database has {shown_room(size)}")
    if size[1] > MB and not compacting and is_a_file(settings.database_url):
        click.echo("what is free is used again; to give it back to the disk stop Perch: perch db archive --compact")


def archive_folder(context: click.Context) -> Path:
    """Where archives lie. Raises BadSetting."""
    settings: Settings = context.obj["settings"]()
    return settings.archive_folder


def counted(count: int, what: str) -> str:
    """`1 rollout`, `1,000 rollouts`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def shown_room(room: tuple[int, int]) -> str:
    """A database's size, and how much of it is free inside."""
    free = f", {room[1] / MB:.1f} MB of them free" if room[1] else ""
    return f"{room[0] / MB:.1f} MB{free}"


async def _archived(settings: Settings, before: datetime, dry_run: bool) -> tuple[int, int]:
    database = await open_existing(settings.database_url)
    try:
        archive = Archive(database, settings.archive_folder, signer_of(settings))
        due = await archive.due(before)
        if dry_run:
            await _tell_due(archive, due)
        else:
            await _take(archive, due)
            while due and await database.shrink(SHRINK_PAGES):
                pass
        return await database.room()
    finally:
        await _leave(database)


async def _tell_due(archive: Archive, due: Sequence[Due]) -> None:
    rows = [await archive.count(each) for each in due]
    for each, count in zip(due, rows, strict=True):
        click.echo(f"would go: {each.id}, ended {each.ended_at:%Y-%m-%d}, {counted(count, 'measurement')}")
    click.echo(f"{counted(len(due), 'rollout')}, {counted(sum(rows), 'measurement')}; nothing was changed")


async def _take(archive: Archive, due: Sequence[Due]) -> None:
    rows = 0
    for each in due:
        if not await archive.mine(datetime.now(UTC)):
            raise Failed("another Perch archives just now, so this one stopped. Next: look again in five minutes")
        made = await archive.take(each, datetime.now(UTC), shell_user(os.environ).id)
        if made is not None:
            rows += made.rows
            click.echo(f"archived: {each.id}, {counted(made.rows, 'measurement')} in {Path(made.folder) / made.file}")
    click.echo(f"{counted(len(due), 'rollout')}, {counted(rows, 'measurement')}")


async def _leave(database: Database) -> None:
    try:
        await SqlLeases(database).let_go()
    finally:
        await database.aclose()
