"""Putting a backup back: it comes up to date first, and is marked, so that the next start holds everything live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from storage.backup import put_in_place, unpack_beside
from storage.database import Database, open_database
from storage.keepings import DROPPED
from storage.outbox import GAVE_UP
from storage.outbox_order import SENDING, WAITING
from storage.tables import RESTORED, DeliveryRow, FlagRow, KeepingRow, MarkRow, MessageRow, table

WHY = "the database was restored from a backup; it may have been said already"


@dataclass(frozen=True, slots=True)
class Restored:
    """Where the replaced database is kept (None if there was none), and what of the backup isn't taken up again."""

    kept: Path | None
    requests: int
    """Requests that nobody had worked on when the backup was taken."""
    messages: int
    """Messages that weren't sent then."""


async def restore(backup: Path, database: Path, now: datetime) -> Restored:
    """Replace the database by a backup.

    Raises StoreAway, with the database as it was, when the backup is damaged or the database is in use. The outside
    world may have moved on since the backup was taken: `SqlRollouts.restored` tells the next start to raise nothing.
    """
    fresh = unpack_beside(backup, database)
    try:
        opened = await open_database(f"sqlite:///{fresh.absolute()}")
        try:
            marked = await mark_restored(opened, now)
        finally:
            await opened.aclose()
        return Restored(put_in_place(fresh, database, now), marked.requests, marked.messages)
    finally:
        fresh.unlink(missing_ok=True)


async def mark_restored(database: Database, now: datetime) -> Restored:
    """Mark an open database as put back from a backup, and close what was pending when that was taken.

    What waited then was worked on and said since, as far as anybody knows: a request of then would act twice, a
    message be said twice. The message that begins a rollout's thread is looked for in Slack and posted only if it isn't
    there, or the thread would have no place; edits show the state as it is and stay. Flags that Perch answers for go to
    0 %, but for those that were at 100 %. Raises StoreAway.
    """
    mark = database.insert_new(table(MarkRow)).values(name=RESTORED, at=now)
    inbox, outbox = table(DeliveryRow), table(MessageRow)
    requests = update(inbox).where(col(DeliveryRow.done_at).is_(None)).values(done_at=now)
    posts = update(outbox).where(col(MessageRow.state).in_((WAITING, SENDING)), col(MessageRow.edits) == "")
    roots = posts.where(col(MessageRow.say) == "status").values(uncertain=True)
    others = posts.where(col(MessageRow.say) != "status").values(state=GAVE_UP, why=WHY, ended_at=now)

    # What a flag was at then may be more than what was approved since. At 100 % there may be no other side any more.
    flags = update(table(FlagRow)).where(col(FlagRow.weight) < 100).values(weight=0, mirror=0)

    keepings = table(KeepingRow)
    letters = update(keepings).where(col(KeepingRow.state) == WAITING, col(KeepingRow.number) == 0)

    async def work(connection: AsyncConnection) -> tuple[int, int]:
        await connection.execute(mark)
        await connection.execute(roots)
        await connection.execute(flags)
        await connection.execute(letters.values(state=DROPPED, why=WHY, done_at=now))
        closed = [(await connection.execute(each)).rowcount for each in (requests, others)]
        return closed[0], closed[1]

    return Restored(None, *await database.write(work))
