"""The stores that the contract suites run on. A further database is one more class and one line in STORES."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bot.ports import Inbox, Outbox, Rollouts
from storage.database import open_database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.rollouts import SqlRollouts
from tests.fakes.memory import MemoryInbox, MemoryOutbox, MemoryRollouts
from tests.storage.samples import Hands


class Store(Protocol):
    """The three ports over one store."""

    @property
    def rollouts(self) -> Rollouts: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def outbox(self) -> Outbox: ...

    async def beside(self) -> Store:
        """The same store as another process sees it: also as the next one does after a crash."""
        ...


@dataclass
class MemoryStore:
    rollouts: MemoryRollouts
    inbox: MemoryInbox
    outbox: MemoryOutbox

    async def beside(self) -> Store:
        return MemoryStore(self.rollouts, self.inbox, self.outbox.reopened())


@dataclass
class SqliteStore:
    rollouts: SqlRollouts
    inbox: SqlInbox
    outbox: SqlOutbox
    address: str
    opened: AsyncExitStack = field(repr=False)

    async def beside(self) -> Store:
        return await _sqlite(self.address, self.opened)


async def _sqlite(address: str, opened: AsyncExitStack) -> SqliteStore:
    database = await open_database(address)
    opened.push_async_callback(database.aclose)
    clock = Hands()
    return SqliteStore(SqlRollouts(database, clock), SqlInbox(database, clock), SqlOutbox(database), address, opened)


@asynccontextmanager
async def memory(_: Path) -> AsyncIterator[Store]:
    outbox = MemoryOutbox()
    yield MemoryStore(MemoryRollouts(Hands(), outbox), MemoryInbox(), outbox)


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Store]:
    async with AsyncExitStack() as opened:
        yield await _sqlite(f"sqlite:///{folder / 'perch.db'}", opened)


STORES = {"memory": memory, "sqlite": sqlite}
