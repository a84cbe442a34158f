"""The stores that the contract suites run on. A further database is one more class and one line in STORES."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.ports import Flags, Freezes, Histories, Inbox, Outbox, Rollouts, Summaries
from storage.database import open_database
from storage.flags import SqlFlags
from storage.freezes import SqlFreezes
from storage.histories import SqlHistories
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.rollouts import SqlRollouts
from storage.summaries import SqlSummaries
from tests.fakes.flags import MemoryFlags
from tests.fakes.freezes import MemoryFreezes
from tests.fakes.histories import MemoryHistories
from tests.fakes.memory import MemoryInbox, MemoryOutbox, MemoryRollouts
from tests.fakes.summaries import MemorySummaries
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
    @property
    def histories(self) -> Histories: ...
    @property
    def summaries(self) -> Summaries: ...
    @property
    def flags(self) -> Flags: ...

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
    histories: MemoryHistories
    summaries: MemorySummaries
    flags: MemoryFlags

    async def beside(self, later_s: float = 0) -> Store:
        outbox = self.outbox.reopened()
        return replace(self, outbox=outbox)


@dataclass
class SqlStore:
    rollouts: SqlRollouts
    freezes: SqlFreezes
    inbox: SqlInbox
    outbox: SqlOutbox
    histories: SqlHistories
    summaries: SqlSummaries
    flags: SqlFlags
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
        SqlHistories(database),
        SqlSummaries(database),
        SqlFlags(database),
        address,
        opened,
    )


@asynccontextmanager
async def memory(_: str) -> AsyncIterator[Store]:
    outbox = MemoryOutbox()
    rollouts = MemoryRollouts(Hands(), outbox)
    freezes, histories = MemoryFreezes(rollouts, outbox), MemoryHistories(rollouts)
    yield MemoryStore(rollouts, freezes, MemoryInbox(), outbox, histories, MemorySummaries(rollouts), MemoryFlags())


@asynccontextmanager
async def sql(address: str) -> AsyncIterator[Store]:
    async with AsyncExitStack() as opened:
        yield await _sql(address, opened)


STORES = {"memory": memory, "sqlite": sql, "postgresql": sql}
