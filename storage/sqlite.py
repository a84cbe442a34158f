"""SQLite's side of the store: one file, its connections and locks."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Insert, Table, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.ports import StoreAway
from storage.one_trip import OneTripConnection, one_trip
from storage.statements import ONCE

BUSY_MS = 200
"""How long one try to write waits in SQLite for another program's lock; the store tries again until its deadline."""

READING_MS = 5_000
"""The same for a reader: it waits only while a file that nobody closed is mended, and isn't tried again."""

READERS = 4

REST_S = 2.0
"""How long the end waits for a connection's thread."""

INCREMENTAL = 2
"""The auto_vacuum mode in which free pages can be given back step by step."""

_SETTINGS = (
    f"PRAGMA busy_timeout = {BUSY_MS}",
    # Before anything is written to a new file; an old one keeps what it has until a VACUUM.
    "PRAGMA auto_vacuum = INCREMENTAL",
    # SQLite doesn't wait here for a lock that another first start holds: it says at once that it's busy.
    "PRAGMA journal_mode = WAL",
    # FULL: a commit is on the disk before it's acknowledged (laws 4 and 5); NORMAL may lose the last ones in WAL.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)

_READING = (f"PRAGMA busy_timeout = {READING_MS}", "PRAGMA foreign_keys = ON", "PRAGMA query_only = ON")

_FAULTS = {
    sqlite3.SQLITE_BUSY: "is locked by another program; stop that program",
    sqlite3.SQLITE_LOCKED: "is locked by another program; stop that program",
    sqlite3.SQLITE_FULL: "can't grow: the disk is full; make room",
    sqlite3.SQLITE_READONLY: "can't be written; give Perch's user the right to the file and its folder",
    sqlite3.SQLITE_PERM: "can't be written; give Perch's user the right to the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "can't be opened; check the folder and its rights",
    sqlite3.SQLITE_IOERR: "can't be read or written: the disk reports an error; look at the system's log",
    sqlite3.SQLITE_CORRUPT: "is damaged; put a backup back with perch db restore",
    sqlite3.SQLITE_NOTADB: "is not a database; set DATABASE_URL to another file, or move this one away",
}


class Sqlite:
    """One database file: one writing connection, some reading ones that never block it (WAL)."""

    writers = 1
    one_machine = True
    end_frozen = None
    """A lock is the process's own, and goes with it."""

    def __init__(self, file: Path) -> None:
        self.file = file.absolute()
        self._inode: int | None = None
        self._made: list[OneTripConnection] = []

    @property
    def shown(self) -> str:
        """The database in one word, for people."""
        return str(self.file)

    def look_before_opening(self) -> None:
        """Raises StoreAway, with what to do, for a file that can't be used. Blocks: it opens the file for a moment.

        Not left to the driver: a connection that fails to open leaves it with a thread that outlives the loop.
        """
        folder = self.file.parent
        if not folder.is_dir():
            raise StoreAway(f"the folder {folder} doesn't exist; make it, or set DATABASE_URL to another place")
        if self.file.is_dir():
            raise StoreAway(f"{self.file} is a folder; set DATABASE_URL to a file, as in sqlite:///perch.db")
        for path in (folder, self.file):
            if path.exists() and not os.access(path, os.W_OK):
                raise StoreAway(f"{path} can't be written; give Perch's user the right, or set DATABASE_URL elsewhere")
        try:
            with closing(sqlite3.connect(self.file)) as connection:
                connection.execute("PRAGMA schema_version")
        except sqlite3.Error as fault:
            raise StoreAway(self.explain(fault)) from fault

    def require_made(self) -> None:
        """Raises StoreAway where there is no file: SQLite would make one."""
        if not self.file.exists():
            raise StoreAway(f"there is no database at {self.file}; set DATABASE_URL, or start Perch once to make it")

    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        """The writing engine and the reading one; nothing is opened yet."""
        writer, reader = self._engine(1), self._engine(READERS)
        _configure(writer, "BEGIN IMMEDIATE", _SETTINGS)
        _configure(reader, "BEGIN", _READING)
        return writer, reader

    def _engine(self, connections: int) -> AsyncEngine:
        return create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(self.file)),
            async_creator=self._connect,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=connections,
            max_overflow=0,
            execution_options=ONCE,
        )

    def _connect(self, *_: Any, **__: Any) -> OneTripConnection:
        connection = one_trip(str(self.file))
        self._made = [*(each for each in self._made if each.thread.is_alive()), connection]
        return connection

    async def come_to_rest(self) -> None:
        """Wait for the connections' threads: one that was cut off in a query would answer to a loop that is gone.

        One that was cut off while it was set up is known to no pool, and nobody else would end it.
        """
        for connection in [each for each in self._made if each.thread.is_alive()]:
            connection.stop()
            await asyncio.to_thread(connection.thread.join, REST_S)

    def opened(self) -> None:
        """Remember which file it is."""
        self._inode = self.file.stat().st_ino

    def still_there(self) -> None:
        """Raises StoreAway when the file was removed or replaced: SQLite would go on writing into the old one."""
        if self._inode is None:
            return
        try:
            same = self._inode == self.file.stat().st_ino
        except OSError as fault:
            raise StoreAway(f"{self.file} is gone ({fault.strerror}); put it back and restart Perch") from fault
        if not same:
            raise StoreAway(f"{self.file} was replaced while Perch was running; restart Perch")

    async def alone(self, connection: AsyncConnection) -> None:
        """Every writing transaction is: it begins with the write lock."""

    async def shrink(self, connection: AsyncConnection, pages: int) -> int:
        """Give some of the free pages back to the disk. Only a file that was made, or compacted, for it can."""
        free = await _asked(connection, "PRAGMA freelist_count")
        if not free or await _asked(connection, "PRAGMA auto_vacuum") != INCREMENTAL:
            return 0
        # One by one: the driver takes one step of a statement that returns no columns, and a step is a page.
        for _ in range(min(pages, free)):
            await connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
        return free - await _asked(connection, "PRAGMA freelist_count")

    async def room(self, connection: AsyncConnection) -> tuple[int, int]:
        """Bytes of the whole database, and how many of them are free inside it."""
        size = await _asked(connection, "PRAGMA page_size")
        return (
            size * await _asked(connection, "PRAGMA page_count"),
            size * await _asked(connection, "PRAGMA freelist_count"),
        )

    def our_mistake(self, fault: DBAPIError) -> bool:
        """A wrong statement, or a broken constraint."""
        return isinstance(fault, IntegrityError | ProgrammingError)

    def busy(self, fault: DBAPIError) -> bool:
        """Another program holds the lock; trying again may help."""
        code = getattr(fault.orig, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

    def explain(self, fault: BaseException | None) -> str:
        """One line for people from the driver's error: the file, what's wrong, what to do."""
        code = getattr(fault, "sqlite_errorcode", None)
        what = _FAULTS.get(code & 0xFF) if code is not None else None
        return f"{self.file} {what}" if what else f"{self.file} can't be used: {fault}"

    def insert_new(self, table: Table) -> Insert:
        """An insert that leaves out rows whose key is known."""
        return _insert_new(table)


@cache
def _insert_new(table: Table) -> Insert:
    return insert(table).on_conflict_do_nothing()


async def _asked(connection: AsyncConnection, pragma: str) -> int:
    return int((await connection.exec_driver_sql(pragma)).scalar_one())


def _configure(engine: AsyncEngine, begin: str, settings: tuple[str, ...]) -> None:
    """Take transactions into our own hands: Python's sqlite3 would begin them late, and never IMMEDIATE."""

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        # A damaged byte in a text must be found by verify, not stop the reading of all the others.
        connection.driver_connection.text_factory = _text
        cursor = connection.cursor()
        try:
            for setting in settings:
                cursor.execute(setting)
        except BaseException:
            # The pool would only drop it, and its thread outlive the loop that it answers to.
            connection.close()
            raise
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _text(stored: bytes) -> str:
    return stored.decode(errors="surrogateescape")
