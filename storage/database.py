"""Opening the store, and the two ways through it: `write` and `read`, each with a deadline.

Every fault of the driver comes out as StoreAway, one line, cause kept. What would be a bug of ours (a constraint
broken, a wrong statement) comes out as it is.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Insert, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import StoreAway
from storage.address import dialect_of
from storage.dialect import Dialect
from storage.holder import a_name
from storage.schema import require_current, upgrade
from storage.turns import Turns

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

DEADLINE_S = 5.0
OPENING_S = 60.0
AGAIN_S = 0.02
"""How long a lock is left alone that somebody else holds. A driver may wait for it by itself before it says so."""

FROZEN_EVERY_S = 5.0
"""How often processes are looked for that stopped in the middle of something."""


class Database:
    """The store while it is open; `open_database` makes one."""

    archive: Path | None = None
    """The folder of archived measurements, where one is set; else each lies where it was written."""

    def __init__(self, dialect: Dialect) -> None:
        self.me = a_name()
        """This opening of the store, as its leases name it: no other process has the same, nor the next start."""
        self._dialect = dialect
        self._writer, self._reader = dialect.engines()
        self._turns = Turns(dialect.writers)
        self._abandoned: set[asyncio.Task[Any]] = set()
        self._looked_for_frozen = -math.inf

    @property
    def shown(self) -> str:
        """What is open, for people."""
        return self._dialect.shown

    @property
    def one_machine(self) -> bool:
        """Whether every process that uses this database runs on this machine."""
        return self._dialect.one_machine

    async def shrink(self, pages: int) -> int:
        """Give up to so many free pages back to the disk, in one short commit; returns how many. Raises StoreAway."""
        return await self.write(lambda connection: self._dialect.shrink(connection, pages))

    async def room(self) -> tuple[int, int]:
        """How many bytes the database has, and how many of them are free inside it. Raises StoreAway."""
        return await self.read(self._dialect.room)

    def insert_new(self, table: Table) -> Insert:
        """An insert that leaves out rows whose key is known; its rowcount says how many were new."""
        return self._dialect.insert_new(table)

    async def write(self, work: Work[T], *, within_s: float = DEADLINE_S, urgent: bool = False) -> T:
        """Do `work` in one transaction: committed when it returns, undone when it raises.

        Raises StoreAway when the store fails or `within_s` seconds are over. Then nothing was kept, unless the time
        ran out in the commit itself: whoever asks again finds out by revision or key.

        For urgent work, which somebody waits for, the seconds count from now on. The rest may stand behind a thousand
        of its like, each with a deadline of its own: for it they count from its turn.
        """
        if urgent:
            return await self._in_time(self._urgently(work), within_s)
        async with self._turns.turn(urgent=False):
            return await self._in_time(self._write(work), within_s)

    async def read(self, work: Work[T], *, within_s: float = DEADLINE_S) -> T:
        """Do `work` in one reading transaction: one moment's view, and no writer waits for it. Raises StoreAway."""
        return await self._in_time(self._read(work), within_s)

    async def end_frozen(self) -> None:
        """End what processes left open that stopped in the middle; at most every `FROZEN_EVERY_S`. Raises StoreAway."""
        now, ending = asyncio.get_running_loop().time(), self._dialect.end_frozen
        if ending is not None and now >= self._looked_for_frozen + FROZEN_EVERY_S:
            self._looked_for_frozen = now
            await self.read(lambda connection: connection.execute(ending))

    async def aclose(self) -> None:
        """Let go of all connections, after what is under way."""
        if self._abandoned:
            await asyncio.wait(self._abandoned, timeout=DEADLINE_S)
        await self._reader.dispose()
        await self._writer.dispose()
        await self._dialect.come_to_rest()

    async def _urgently(self, work: Work[T]) -> T:
        async with self._turns.turn(urgent=True):
            return await self._write(work)

    async def _write(self, work: Work[T]) -> T:
        self._dialect.still_there()
        async with AsyncExitStack() as stack:
            connection = await self._once_free(lambda: stack.enter_async_context(self._writer.connect()))
            await self._once_free(connection.begin)
            result = await work(connection)
            await connection.commit()
            return result

    async def _once_free(self, taking: Callable[[], Awaitable[T]]) -> T:
        """Take it as soon as no other program holds the lock; the caller's deadline ends the tries."""
        while True:
            try:
                return await taking()
            except DBAPIError as fault:
                if not self._dialect.busy(fault):
                    raise
            await asyncio.sleep(AGAIN_S)

    async def _read(self, work: Work[T]) -> T:
        self._dialect.still_there()
        async with self._reader.begin() as connection:
            return await work(connection)

    async def _in_time(self, doing: Coroutine[Any, Any, T], within_s: float) -> T:
        """Not `asyncio.timeout`: undoing a transaction waits for the driver's thread, and nobody may wait for that."""
        task = asyncio.create_task(doing)
        try:
            done, _ = await asyncio.wait({task}, timeout=within_s)
        except asyncio.CancelledError:
            self._abandon(task)
            raise
        if not done:
            self._abandon(task)
            raise StoreAway(f"{self.shown} didn't answer within {within_s:g} s")
        try:
            return task.result()
        except DBAPIError as fault:
            if self._dialect.our_mistake(fault):
                raise
            raise StoreAway(self._dialect.explain(fault.orig)) from fault

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        self._abandoned.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            # Fetched, or asyncio would report as lost what the caller was told as a missed deadline.
            task.exception()


async def open_database(address: str) -> Database:
    """Open the store that DATABASE_URL names; make it where there is none, and bring its schema up to date.

    Raises StoreAway with one line for people: which database, what's wrong, what to do.
    """
    dialect = dialect_of(address)

    async def prepare(connection: AsyncConnection) -> None:
        await dialect.alone(connection)
        await upgrade(connection)

    return await _open(dialect, prepare)


async def open_existing(address: str) -> Database:
    """Open a store as it is, for tools that only look: nothing is made or upgraded. Raises StoreAway."""
    dialect = dialect_of(address)
    dialect.require_made()
    return await _open(dialect, require_current)


async def _open(dialect: Dialect, prepare: Work[None]) -> Database:
    await asyncio.to_thread(dialect.look_before_opening)
    database = Database(dialect)
    try:
        await database.write(prepare, within_s=OPENING_S)
        dialect.opened()
    except BaseException:
        await database.aclose()
        raise
    return database
