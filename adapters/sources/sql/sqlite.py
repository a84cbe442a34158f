"""A SQLite file, opened for each query and closed after it: a file that a new run puts in its place is seen at once.

Python's own sqlite3 in a thread, not aiosqlite: a query that takes too long is stopped inside SQLite, where a
coroutine can't reach, and nothing stays open when whoever asked has gone.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from adapters.http import NotInTime, excerpt
from adapters.sources.sql.asks import Ask
from adapters.sources.sql.rows import MOST_ROWS
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

EVERY_STEPS = 2000
"""SQLite asks after so many of its own steps, about a millisecond, whether to go on."""

BESIDE_S = 0.5
"""SQLite itself is stopped at the deadline; a disk that hangs isn't waited for any longer than this."""

_STATES: Mapping[int, tuple[type[OutsideFault], str]] = {
    sqlite3.SQLITE_BUSY: (OutOfReach, "is locked by another program"),
    sqlite3.SQLITE_LOCKED: (OutOfReach, "is locked by another program"),
    sqlite3.SQLITE_CANTOPEN: (OutOfReach, "can't be opened; check the path, and Perch's right to read it"),
    sqlite3.SQLITE_PERM: (Denied, "can't be read; give Perch's user the right"),
    sqlite3.SQLITE_AUTH: (Denied, "can't be read; give Perch's user the right"),
    sqlite3.SQLITE_READONLY: (Denied, "is opened to be read, and the query would write"),
    sqlite3.SQLITE_CORRUPT: (Nonsense, "is damaged"),
    sqlite3.SQLITE_NOTADB: (Nonsense, "is not a SQLite database"),
}

Answered = tuple[Sequence[str], Sequence[Sequence[Any]]]


@dataclass
class _Until:
    """Until when a query may run, on the monotonic clock; somebody else may bring it forward."""

    at: float
    passed: bool = field(default=False)

    def over(self) -> bool:
        self.passed = self.passed or time.monotonic() > self.at
        return self.passed


class SqliteFile:
    """One file. `mode=ro` and `query_only` keep every statement from writing, whatever it says."""

    def __init__(self, path: str, deadline_s: float, at_once: int) -> None:
        self.shown = path
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="sqlite")
        self._uri = f"file:{quote(str(Path(path).absolute()))}?mode=ro"
        self._deadline_s = deadline_s

    async def rows(self, ask: Ask, query: str, values: Mapping[str, Any]) -> Answered:
        """The columns and the first rows of the answer. Raises OutsideFault."""
        until = _Until(time.monotonic() + self._deadline_s)
        loop = asyncio.get_running_loop()
        asking = loop.run_in_executor(self._threads, self._read, query, _plain(values), until)
        try:
            async with asyncio.timeout(self._deadline_s + BESIDE_S):
                return await asyncio.shield(asking)
        except TimeoutError as error:
            raise NotInTime(f"{self.shown} didn't answer within {self._deadline_s:g} s") from error
        finally:
            until.passed = True
            asking.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _read(self, query: str, values: Mapping[str, Any], until: _Until) -> Answered:
        try:
            with closing(sqlite3.connect(self._uri, uri=True, timeout=self._deadline_s)) as connection:
                connection.execute("PRAGMA query_only = ON")
                connection.set_progress_handler(until.over, EVERY_STEPS)
                cursor = connection.execute(query, values)
                rows = cursor.fetchmany(MOST_ROWS + 1)
                return [column[0] for column in cursor.description or ()], rows
        except sqlite3.Error as error:
            raise self._fault(error, until) from error

    def _fault(self, error: sqlite3.Error, until: _Until) -> OutsideFault:
        if until.passed:
            return NotInTime(f"{self.shown} didn't answer within {self._deadline_s:g} s")
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        fault, what = _STATES.get(code, (Denied, f"refuses the query: {excerpt(str(error))}"))
        return fault(f"{self.shown} {what}")

    async def aclose(self) -> None:
        """No file is kept open; what runs in a thread ends by its deadline."""
        self._threads.shutdown(wait=False)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Times as SQLite's own functions write them, so that they compare with `datetime('now')`."""
    return {
        name: value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value
        for name, value in values.items()
    }
