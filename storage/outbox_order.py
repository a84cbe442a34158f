"""Which messages may go out now, and in which order: one query, the heart of the outbox.

Posts of one rollout to one place form a line per lane, and only the first of a line is due: so a post that has to
wait holds back those after it, whatever the sender does. Edits stand in no line: of those for one message only the
newest is due, and not before that message has been posted; nor is what goes into a thread before what begins it.
What a crash left on its way is due when it has landed or never will; a newer edit of the same message waits as long.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, and_, bindparam, case, exists, func, literal_column, or_, select
from sqlalchemy.sql.elements import ColumnElement

from bot.ports import Lane
from storage.tables import MessageRow, table

WAITING, SENDING = "waiting", "sending"

_MESSAGES = table(MessageRow)
_OTHERS = _MESSAGES.alias("others")
_NOW: BindParameter[datetime] = bindparam("now")


def unsent() -> ColumnElement[bool]:
    """What still waits, or is on its way."""
    return _unsent("outbox")


def _earlier_in_line() -> Select[Any]:
    mine, other = _MESSAGES.c, _OTHERS.c
    return _other(
        other.lane == mine.lane,
        other.number < mine.number,
        other.to == mine.to,
        other.edits == "",
        other.only_for == "",
        mine.only_for == "",
    )


def _newer_edit_or_unposted() -> Select[Any]:
    mine, other = _MESSAGES.c, _OTHERS.c
    may_land = and_(other.state == SENDING, other.not_before > _NOW)
    same = and_(other.edits == mine.edits, or_(other.number > mine.number, may_land))
    return _other(or_(same, other.key == mine.edits))


def _root_unposted() -> Select[Any]:
    """The message that begins the thread: what goes under it waits for as long as that waits."""
    return _other(_OTHERS.c.key == literal_column("'status:'").concat(_MESSAGES.c.rollout))


def _other(*such: ColumnElement[bool]) -> Select[Any]:
    same_rollout = _OTHERS.c.rollout == _MESSAGES.c.rollout
    return select(_OTHERS.c.number).where(_unsent("others"), same_rollout, *such).correlate(_MESSAGES)


def _unsent(name: str) -> ColumnElement[bool]:
    """In the very words of the partial index: with bound values SQLite couldn't tell that it may use it."""
    return literal_column(f"{name}.state IN ('{WAITING}', '{SENDING}')")


def _in_order() -> Select[Any]:
    mine = _MESSAGES.c
    urgent_first = case((mine.lane == Lane.URGENT.value, 0), else_=1)
    return (
        select(_MESSAGES)
        .where(
            _unsent("outbox"),
            or_(mine.not_before.is_(None), mine.not_before <= _NOW),
            or_(mine.rollout == "", mine.edits != "", ~exists(_earlier_in_line())),
            or_(mine.edits == "", ~exists(_newer_edit_or_unposted())),
            or_(~mine.thread, ~exists(_root_unposted())),
        )
        .order_by(urgent_first, func.coalesce(mine.turn, mine.number), mine.number)
        .limit(bindparam("limit", type_=Integer))
    )


UNSENT_IN_ORDER = _in_order()
"""At most `limit` messages that are due at `now`: urgent before routine, then in the order of their turns."""
