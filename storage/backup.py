"""Backups of a SQLite database: taken while Perch runs, checked, and put back while it doesn't.

Synchronous on purpose: these are tools for a shell, with nothing else to do meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.ports import StoreAway
from storage.durable import sync_folder


def back_up(database: Path, to: Path) -> None:
    """Write a consistent copy to `to`, which mustn't exist; it's there whole, or not at all. Raises StoreAway."""
    if not database.exists():
        raise StoreAway(f"there is no database at {database}; set DATABASE_URL")
    if to.exists():
        raise StoreAway(f"{to} exists already and was left as it is; choose another name")
    _copy(database, to)


def archive_files(database: Path) -> Sequence[tuple[str, str]]:
    """The folder and name of each file of archived measurements that a database names; none for an older schema."""
    try:
        with closing(_open(database)) as connection:
            return [
                (str(folder), str(file)) for folder, file in connection.execute("SELECT folder, file FROM archives")
            ]
    except sqlite3.DatabaseError:
        return []


def damage(database: Path) -> Sequence[str]:
    """What SQLite finds wrong with a file's structure and references; empty when it's sound."""
    try:
        with closing(_open(database)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            strays = [
                f"a row of {table} names a {parent} that isn't there"
                for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
            ]
            return found + strays
    except sqlite3.DatabaseError as fault:
        return [str(fault)]


def unpack_beside(backup: Path, database: Path) -> Path:
    """Copy a backup to a fresh file beside the database, to be prepared there. Raises StoreAway if it's damaged."""
    if not backup.is_file():
        raise StoreAway(f"there is no backup at {backup}; check the name")
    if found := damage(backup):
        raise StoreAway(f"{backup} is damaged ({found[0]}) and nothing was restored; take another backup")
    fresh = database.with_name(f"{database.name}.restoring")
    fresh.unlink(missing_ok=True)
    _copy(backup, fresh)
    return fresh


def put_in_place(fresh: Path, database: Path, now: datetime) -> Path | None:
    """Make `fresh` the database; the one that was there is kept beside it, and its path returned.

    Raises StoreAway, with nothing changed, when another program has the database open.
    """
    kept = None
    if database.exists():
        _require_unused(database)
        kept = database.with_name(f"{database.name}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        database.rename(kept)
        # A journal that stayed behind would be taken for the new file's own.
        for journal in (f"{database.name}-wal", f"{database.name}-shm"):
            with suppress(FileNotFoundError):
                database.with_name(journal).rename(kept.with_name(journal.replace(database.name, kept.name)))
    fresh.rename(database)
    sync_folder(database.parent)
    return kept


def compact(database: Path) -> None:
    """Write the file anew without its free pages, in the mode in which it can give later ones back step by step.

    Raises StoreAway, with nothing changed, while another program has it open.
    """
    _require_unused(database, "Nothing was changed")
    try:
        with closing(sqlite3.connect(database, timeout=1)) as connection:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("VACUUM")
    except sqlite3.DatabaseError as fault:
        raise StoreAway(f"{database} couldn't be compacted: {fault}") from fault


def _require_unused(database: Path, nothing: str = "Nothing was restored") -> None:
    """Leaving WAL mode needs the file for oneself: it fails while anybody else has it open."""
    try:
        with closing(sqlite3.connect(database, timeout=1)) as connection:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except sqlite3.OperationalError as fault:
        raise StoreAway(f"{database} is in use ({fault}); stop Perch first. {nothing}") from fault
    except sqlite3.DatabaseError:
        return  # Damaged beyond opening: that's what a restore is for.
    if mode != "delete":
        raise StoreAway(f"{database} is in use; stop Perch first. {nothing}")


def _copy(source: Path, to: Path) -> None:
    part = to.with_name(f".{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_open(source)) as from_, closing(sqlite3.connect(part)) as into:
            from_.backup(into)
            # One file by itself, without a -wal beside it that could be forgotten.
            into.execute("PRAGMA journal_mode = DELETE")
        part.rename(to)
        sync_folder(to.parent)
    except (sqlite3.Error, OSError) as fault:
        part.unlink(missing_ok=True)
        raise StoreAway(f"{source} couldn't be copied to {to}: {fault}") from fault


def _open(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database.absolute()}?mode=ro".replace("#", "%23"), uri=True, timeout=5)
