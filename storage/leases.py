"""Leases by name: who does what only one process may do at a time, until when, and who takes it over.

Times are those of the processes' own clocks. Clocks that disagree make a lease change hands early or late, and never
make two holders dangerous: what rests on a lease is fenced besides, by a revision, an intent's id, or a row's state.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.ports import Taken
from storage.database import Database
from storage.holder import is_gone
from storage.tables import DeliveryRow, KeepingRow, LeaseRow, RolloutRow, table

_LEASES = table(LeaseRow)
_HOLDER = select(_LEASES).where(col(LeaseRow.name) == bindparam("named"))
_HOLD = update(_LEASES).where(col(LeaseRow.name) == bindparam("named"))
_KEEP = _HOLD.where(col(LeaseRow.owner) == bindparam("me"))
_TAKE_OVER = _HOLD.where(col(LeaseRow.until) <= bindparam("now"))
_IN_ROWS = (table(RolloutRow), table(DeliveryRow), table(KeepingRow))
"""Tables whose rows carry a lease of their own."""


class SqlLeases:
    """The `Leases` port over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, now: datetime, lease_s: float) -> Taken:
        # Looked at first, so that those who wait for it write nothing.
        found = await self._database.read(lambda connection: _holder(connection, name))
        if found is not None and found[0] != self._database.me and found[1] > now:
            return Taken.NO
        until = now + timedelta(seconds=lease_s)
        return await self._database.write(lambda connection: self._take(connection, name, now, until), urgent=True)

    async def let_go(self) -> None:
        """Give back all that this process holds, rows included: for an orderly stop. Raises StoreAway."""
        await self._free([self._database.me])

    async def free_the_gone(self) -> None:
        """For a start: free what processes of this machine left behind, where no other machine can be meant."""
        if not self._database.one_machine:
            return
        owners = await self._database.read(_owners)
        gone = await asyncio.to_thread(lambda: [owner for owner in owners if is_gone(owner)])
        if gone:
            await self._free(gone)

    async def _take(self, connection: AsyncConnection, name: str, now: datetime, until: datetime) -> Taken:
        me = self._database.me
        held = {"owner": me, "until": until}
        if (await connection.execute(_KEEP, {"named": name, "me": me, **held})).rowcount:
            return Taken.KEPT
        if (await connection.execute(_TAKE_OVER, {"named": name, "now": now, **held})).rowcount:
            return Taken.OVER
        made = await connection.execute(self._database.insert_new(_LEASES), {"name": name, **held})
        return Taken.NEW if made.rowcount else Taken.NO

    async def _free(self, owners: list[str]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(_LEASES).where(col(LeaseRow.owner).in_(owners)))
            for rows in _IN_ROWS:
                theirs = or_(*(_of(rows, owner) for owner in owners))
                await connection.execute(update(rows).where(theirs).values(lease_owner=None, lease_until=None))

        await self._database.write(work)


def _of(rows: Table, owner: str):  # type: ignore[no-untyped-def]
    """A claim is named after its process, and numbered: `OWNER`, or `OWNER/7`."""
    return or_(rows.c.lease_owner == owner, rows.c.lease_owner.startswith(f"{owner}/", autoescape=True))


async def _holder(connection: AsyncConnection, name: str) -> tuple[str, datetime] | None:
    row = (await connection.execute(_HOLDER, {"named": name})).first()
    return None if row is None else (row.owner, row.until)


async def _owners(connection: AsyncConnection) -> set[str]:
    found = set((await connection.execute(select(_LEASES.c.owner).distinct())).scalars())
    for rows in _IN_ROWS:
        held = select(rows.c.lease_owner).where(rows.c.lease_owner.is_not(None)).distinct()
        found.update(owner.partition("/")[0] for owner in (await connection.execute(held)).scalars())
    return found
