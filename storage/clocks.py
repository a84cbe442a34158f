"""After a clock was set back: what waits for a time of before is due now, and no lease outlasts its length."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from storage.outbox_order import SENDING, WAITING
from storage.tables import KeepingRow, MessageRow, RolloutRow, table

LEASED = timedelta(minutes=5)
"""Rows are leased for less than this at a time: what somebody works on now, by the right clock, stays theirs."""
LANDS = timedelta(minutes=1)
"""What was on its way may still land for less than this, and isn't sent again meanwhile."""


async def bring_forward(connection: AsyncConnection, now: datetime, beyond: timedelta) -> None:
    """What waits for a time further ahead than `beyond` waits no longer."""
    late = now + beyond
    for rows, open_, until, waits in (
        (table(RolloutRow), col(RolloutRow.watched), col(RolloutRow.lease_until), "due_at"),
        (table(KeepingRow), col(KeepingRow.state) == WAITING, col(KeepingRow.lease_until), "not_before"),
    ):
        leased = update(rows).where(open_, until > late + LEASED)
        await connection.execute(leased.values(lease_owner=None, lease_until=None))
        await connection.execute(update(rows).where(open_, rows.c[waits] > late).values({waits: now}))
    for state, again in ((WAITING, now), (SENDING, now + LANDS)):
        messages = update(table(MessageRow)).where(col(MessageRow.state) == state, col(MessageRow.not_before) > late)
        await connection.execute(messages.values(not_before=again))
