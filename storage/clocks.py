"""After a clock was set back: what waits for a time of before is due now, and no lease outlasts its length."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Table, Update, bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.outbox_order import SENDING, WAITING
from storage.tables import KeepingRow, MessageRow, RolloutRow, table

LEASED = timedelta(minutes=5)
"""Rows are leased for less than this at a time: what somebody works on now, by the right clock, stays theirs."""
LANDS = timedelta(minutes=1)
"""What was on its way may still land for less than this, and isn't sent again meanwhile."""

_LATE: BindParameter[datetime] = bindparam("late")


def _free(rows: Table, such: ColumnElement[bool]) -> Update:
    """Ends the leases of such rows that last beyond `late`."""
    return update(rows).where(such, rows.c.lease_until > _LATE).values(lease_owner=None, lease_until=None)


def _hasten(rows: Table, such: ColumnElement[bool], waits: str) -> Update:
    """Such rows that wait beyond `late` wait until `again` instead."""
    return update(rows).where(such, rows.c[waits] > _LATE).values({waits: bindparam("again")})


_ROLLOUTS, _KEEPINGS, _MESSAGES = table(RolloutRow), table(KeepingRow), table(MessageRow)
_LEASED = (
    (_free(_ROLLOUTS, _ROLLOUTS.c.watched), _hasten(_ROLLOUTS, _ROLLOUTS.c.watched, "due_at")),
    (_free(_KEEPINGS, _KEEPINGS.c.state == WAITING), _hasten(_KEEPINGS, _KEEPINGS.c.state == WAITING, "not_before")),
)
_UNSAID = (
    (_hasten(_MESSAGES, _MESSAGES.c.state == WAITING, "not_before"), timedelta(0)),
    (_hasten(_MESSAGES, _MESSAGES.c.state == SENDING, "not_before"), LANDS),
)


async def bring_forward(connection: AsyncConnection, now: datetime, beyond: timedelta) -> None:
    """What waits for a time further ahead than `beyond` waits no longer."""
    late = now + beyond
    for free, hasten in _LEASED:
        await connection.execute(free, {"late": late + LEASED})
        await connection.execute(hasten, {"late": late, "again": now})
    for hasten, lands in _UNSAID:
        await connection.execute(hasten, {"late": late, "again": now + lands})
