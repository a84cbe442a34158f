"""What lies on this machine: the database, and the folder of kill cards."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import StoreAway
from bot.settings import Settings
from commands.terminal.doctor.findings import Finding, bad, note, ok
from storage.address import database_file, is_a_file
from storage.database import open_existing
from storage.signing import BadKey, read_public_keys, read_signing_key
from storage.spool import KillFolder

LARGE_BYTES = 2 * 1024**3
"""E8: the live database is kept under this."""
CLOCKS_APART = timedelta(seconds=1)


async def database(address: str) -> Finding:
    """Is it there, of this version, writable, and not too large?"""
    try:
        if not is_a_file(address):
            return await _served(address)
        file = database_file(address).absolute()
        if not file.exists():
            return _can_be_made("database", file, "DATABASE_URL")
        await _try_writing(address)
    except StoreAway as away:
        return bad("database", str(away))
    size = file.stat().st_size
    shown = f"{file}, {size / 1024**2:.1f} MB, of this version, writable"
    return ok("database", shown) if size < LARGE_BYTES else note("database", f"{shown}; archive old rollouts")


async def _served(address: str) -> Finding:
    """A server's database: also whether its clock is this machine's, for leases are counted on both."""
    facts = text("SELECT pg_database_size(current_database()), clock_timestamp(), current_setting('server_version')")
    await _try_writing(address)
    database = await open_existing(address)
    try:
        before = datetime.now(UTC)
        size, theirs, version = await database.read(lambda connection: _one(connection, facts))
        apart = max(before - theirs, theirs - datetime.now(UTC), timedelta(0))
    finally:
        await database.aclose()
    shown = f"{database.shown}, PostgreSQL {version.split()[0]}, {size / 1024**2:.1f} MB, of this version, writable"
    if apart > CLOCKS_APART:
        return bad(
            "database",
            f"{database.shown}: its clock and this machine's are {apart.total_seconds():.1f} s apart, and a lease may "
            "change hands that much early; let both follow the same time server",
        )
    return ok("database", shown) if size < LARGE_BYTES else note("database", f"{shown}; archive old rollouts")


async def _one(connection: AsyncConnection, chosen: TextClause) -> Any:
    return (await connection.execute(chosen)).one()


async def _try_writing(address: str) -> None:
    """Take the write lock and let go of it again."""

    async def nothing(_: AsyncConnection) -> None:
        return None

    database = await open_existing(address)
    try:
        await database.write(nothing)
    finally:
        await database.aclose()


def signing(settings: Settings) -> Finding:
    """Is evidence signed, and can the keys be read?"""
    try:
        read_public_keys([settings.public_keys])
        key = settings.signing_key.get_secret_value()
        if not key:
            return note("evidence", "it's chained and not signed; perch evidence key --new makes a PERCH_SIGNING_KEY")
        return ok("evidence", f"signed with key {read_signing_key(key).id}")
    except BadKey as unreadable:
        return bad("evidence", f"{unreadable} Next: {unreadable.next_step}")


def state_folder(folder: Path) -> Finding:
    """Can kill cards be kept, are they readable, and does an act still wait for the database?"""
    what = "kill cards"
    if not folder.exists():
        return _can_be_made(what, folder.absolute(), "PERCH_STATE")
    try:
        files = KillFolder(folder)
        unreadable, waiting = files.unreadable(), files.spooled()
    except StoreAway as away:
        return bad(what, str(away))
    if unreadable:
        names = ", ".join(str(file) for file in unreadable)
        return bad(what, f"can't be read: {names}; a kill may be hidden in one: look, then move it away")
    if not os.access(folder, os.W_OK):
        return bad(what, f"{folder} can't be written; give Perch's user the right to it")
    if waiting:
        return note(what, f"{len(waiting)} acts wait in {folder} to go into the evidence; perch run merges them")
    return ok(what, f"{folder}, {len(files.cards())} cards")


def _can_be_made(what: str, path: Path, setting: str) -> Finding:
    if os.access(path.parent, os.W_OK):
        return note(what, f"{path} isn't there yet; perch run makes it")
    return bad(what, f"{path} can't be made: give Perch's user the right to {path.parent}, or set {setting} elsewhere")
