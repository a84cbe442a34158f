"""aiosqlite with one trip to the connection's thread for each statement.

As SQLAlchemy drives it, aiosqlite goes there to make a cursor, to execute, to fetch and to close. Each time two threads
wake each other, which takes several times as long as SQLite does. Rows here are few, so all of them come at once.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from threading import Thread
from typing import Any

import aiosqlite

Rows = list[Any]


class OneTripCursor:
    """As much of aiosqlite's cursor as SQLAlchemy asks for: a statement, and all its rows with it."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: Rows = []
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> OneTripCursor:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        """Run one statement. Raises sqlite3.Error."""
        await self._bring(sqlite3.Connection.execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> None:
        """Run one statement for each set of parameters. Raises sqlite3.Error."""
        await self._bring(sqlite3.Connection.executemany, sql, parameters)

    async def _bring(self, run: Any, sql: str, parameters: Any) -> None:
        def there(connection: sqlite3.Connection) -> tuple[Any, Rows, int, int | None]:
            cursor = run(connection, sql, parameters)
            # Fetched before its count is read: with RETURNING the rows are what makes the changes.
            rows = cursor.fetchall() if cursor.description else []
            found = cursor.description, rows, cursor.rowcount, cursor.lastrowid
            cursor.close()
            return found

        self.description, self._rows, self.rowcount, self.lastrowid = await self._connection.go(there)

    async def fetchall(self) -> Sequence[Any]:
        """All rows: here already."""
        return self._rows

    async def close(self) -> None:
        """Closed already."""


class OneTripConnection(aiosqlite.Connection):
    """A connection whose cursors are such."""

    @property
    def thread(self) -> Thread:
        """Where its statements run; it ends with the connection."""
        return self._thread

    def cursor(self) -> OneTripCursor:  # type: ignore[override]
        return OneTripCursor(self)

    async def go(self, there: Any) -> Any:
        """What `there`, given the connection, returns; in the connection's thread. Raises what it raises."""
        return await self._execute(there, self._conn)  # type: ignore[no-untyped-call]

    async def rollback(self) -> None:
        """The pool asks for one after each commit too: there's nothing to undo then, and nothing to go there for."""
        if self.in_transaction:
            await super().rollback()

    def stop(self) -> asyncio.Future[Any] | None:
        """End its thread after what it has been given; at most once. aiosqlite would wait for the second word of a
        thread that ended at the first."""
        return super().stop() if self._running else None

    async def close(self) -> None:
        """The same, and wait for it. One that was told to stop closes itself, in its thread's own time."""
        if self._running:
            await super().close()


def one_trip(file: str) -> OneTripConnection:
    """A connection to a database file, to be awaited; its thread ends with the process."""
    connection = OneTripConnection(lambda: sqlite3.connect(file, check_same_thread=False), iter_chunk_size=64)
    connection.thread.daemon = True
    return connection
