"""The flags of this Perch, for commands that only look: as they stand, or as in a database that isn't made yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory

from bot.domain.kinds import Kinds
from bot.domain.plan import Plan
from bot.ports import Flags, StoreAway
from storage.address import database_file, is_a_file
from storage.database import Database, open_database, open_existing
from storage.flags import SqlFlags


def stands_on_flags(plan: Plan, kinds: Kinds) -> bool:
    """Whether anything that a plan names is built with them."""
    sources = [
        *plan.sources.values(),
        *(each.source for each in plan.metrics.values() if not isinstance(each.source, str)),
    ]
    named = (
        *((part, kinds.traffic) for part in plan.traffic),
        *((part, kinds.kill) for tier in plan.kill_switch for part in tier),
        *((part, kinds.sources) for part in sources),
    )
    return any(part.kind in known and known[part.kind].flags for part, known in named)


@asynccontextmanager
async def flags_there(address: str) -> AsyncIterator[Flags | None]:
    """Over the database at `address`; None where it can't be opened, which is another line of the doctor's."""
    with TemporaryDirectory(prefix="perch-flags-") as folder:
        try:
            database = await _opened(address, folder)
        except StoreAway:
            yield None
            return
        try:
            yield SqlFlags(database)
        finally:
            await database.aclose()


async def _opened(address: str, folder: str) -> Database:
    if is_a_file(address) and not database_file(address).exists():
        return await open_database(f"sqlite:///{folder}/perch.db")
    return await open_existing(address)
