"""The stores that the contract suites run on. A further database is one more class and one line in STORES."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from bot.ports import Freezes, Inbox, Outbox, Rollouts
from storage.database import open_database
from storage.freezes import SqlFreezes
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.rollouts import SqlRollouts
from tests.fakes.freezes import MemoryFreezes
from tests.fakes.memory import MemoryInbox, MemoryOutbox, MemoryRollouts
from tests.storage.samples import NOW, Hands, seconds


class Store(Protocol):
    """The ports over one store."""

    @property
    def rollouts(self) -> Rollouts: ...
    @property
    def freezes(self) -> Freezes: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def outbox(self) -> Outbox: ...

    async def beside(self, later_s: float = 0) -> Store:
        """The same store as another process sees it, on a clock that is so much later: also as the next one after a
        crash does, when leases have lapsed."""
        ...


@dataclass
class MemoryStore:
    rollouts: MemoryRollouts
    freezes: MemoryFreezes
    inbox: MemoryInbox
    outbox: MemoryOutbox

    async def beside(self, later_s: float = 0) -> Store:
        return MemoryStore(self.rollouts, self.freezes, self.inbox, self.outbox.reopened())


@dataclass
class SqlStore:
    rollouts: SqlRollouts
    freezes: SqlFreezes
    inbox: SqlInbox
    outbox: SqlOutbox
    address: str
    opened: AsyncExitStack = field(repr=False)

    async def beside(self, later_s: float = 0) -> Store:
        return await _sql(self.address, self.opened, later_s)


async def _sql(address: str, opened: AsyncExitStack, later_s: float = 0) -> SqlStore:
    database = await open_database(address)
    opened.push_async_callback(database.aclose)
    clock = Hands(NOW + seconds(later_s))
    return SqlStore(
        SqlRollouts(database, clock),
        SqlFreezes(database, clock),
        SqlInbox(database, clock),
        SqlOutbox(database),
        address,
        opened,
    )


@asynccontextmanager
async def memory(_: str) -> AsyncIterator[Store]:
    outbox = MemoryOutbox()
    rollouts = MemoryRollouts(Hands(), outbox)
    yield MemoryStore(rollouts, MemoryFreezes(rollouts, outbox), MemoryInbox(), outbox)


@asynccontextmanager
async def sql(address: str) -> AsyncIterator[Store]:
    async with AsyncExitStack() as opened:
        yield await _sql(address, opened)


STORES = {"memory": memory, "sqlite": sql, "postgresql": sql}
