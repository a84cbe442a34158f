"""What is still to be said, in order. Rows are put in beside the state that they explain, and outlive the process."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.evidence import canonical
from bot.ports import SECOND_WAY, Lane, NotOurs, Outgoing, Posted, Queued
from storage.database import Database
from storage.leases import SqlLeases
from storage.outbox_order import SENDING, UNSENT_IN_ORDER, WAITING, unsent
from storage.tables import MessageRow, PlaceRow, table

WAITING_MOST = 500
"""The most messages that `waiting` gives."""
SAID, SUPERSEDED, GAVE_UP = "said", "superseded", "gave up"
SENDER = "sender"
"""The lease of the process that sends."""
LEASE_S = 30.0
RENEW = timedelta(seconds=5)
"""So a message that is begun has 25 s before another machine may send: more than the sender gives it."""

_MESSAGES = table(MessageRow)
_PLACES = table(PlaceRow)
_SUPERSEDE = (
    update(_MESSAGES)
    .where(
        col(MessageRow.rollout) == bindparam("of"),
        col(MessageRow.edits) == bindparam("edited"),
        col(MessageRow.key) != bindparam("newer"),
        literal_column("edits <> ''"),
        col(MessageRow.state) == WAITING,
    )
    .values(state=SUPERSEDED)
    .returning(*_MESSAGES.c["turn", "number", "lane", "not_before"])
)


class SqlOutbox:
    """The `Outbox` port over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._in_hand: dict[int, tuple[str, str]] = {}
        """What this process is posting now, and which message it edits. Other rows in `sending` a crash has left."""
        self._leases = SqlLeases(database)
        self._sends_since: datetime | None = None

    async def may_send(self, now: datetime) -> bool:
        if self._sends_since is not None and timedelta(0) <= now - self._sends_since < RENEW:
            return True
        taken = await self._leases.take(SENDER, now, LEASE_S)
        self._sends_since = now if taken else None
        return bool(taken)

    async def add(self, messages: Sequence[Outgoing], now: datetime, rollout: str = "") -> None:
        await self._database.write(
            lambda connection: put(self._database, connection, messages, now, rollout), urgent=True
        )

    async def due(self, now: datetime, limit: int) -> Sequence[Queued]:
        asked = {"now": now, "limit": limit + 2 * len(self._in_hand)}

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            rows: Sequence[Any] = (await connection.execute(UNSENT_IN_ORDER, asked)).all()
            return rows

        edited = {message for message in self._in_hand.values() if message[1]}
        rows = await self._database.read(work)
        free = [row for row in rows if row.number not in self._in_hand and (row.rollout, row.edits) not in edited]
        return [_queued(row) for row in free[:limit]]

    async def unsaid(self) -> tuple[int, datetime | None]:
        """How many messages wait or are on their way, and since when the oldest does."""
        open_ = col(MessageRow.state).in_((WAITING, SENDING))
        found = await self._first(select(func.count(), func.min(col(MessageRow.at))).where(open_))
        return found[0], found[1]

    async def sending(self, number: int, until: datetime) -> None:
        row = await self._set(number, state=SENDING, not_before=until, tries=col(MessageRow.tries) + 1)
        if row is None:
            raise NotOurs(f"message {number} was said, or replaced, by another one meanwhile")
        self._in_hand[number] = (row.rollout, row.edits)

    async def said(self, number: int, posted: Posted | None, now: datetime) -> None:
        async def work(connection: AsyncConnection) -> None:
            said = {"state": SAID, "ended_at": now}
            row = await _change(connection, [col(MessageRow.number) == number], said)
            if row is None:
                return  # A newer edit stands already, and has dropped this one.
            if row.edits:
                await _drop_older_edits(connection, number, row.rollout, row.edits)
            elif posted is not None:
                place = {"rollout": row.rollout, "key": row.key, "channel": posted.channel, "ts": posted.ts}
                await connection.execute(self._database.insert_new(_PLACES), place)

        await self._database.write(work, urgent=True)
        self._in_hand.pop(number, None)

    async def later(self, number: int, until: datetime, why: str, *, uncertain: bool) -> None:
        await self._set(number, state=WAITING, not_before=until, why=why, uncertain=uncertain)
        self._in_hand.pop(number, None)

    async def gave_up(self, number: int, why: str, now: datetime) -> None:
        await self._set(number, state=GAVE_UP, why=why, ended_at=now)
        self._in_hand.pop(number, None)

    async def readdress(self, number: int, to: str) -> None:
        await self._set(number, to=to, thread=False, broadcast=False, state=WAITING, not_before=None, uncertain=False)
        self._in_hand.pop(number, None)

    async def waiting(self, says: Collection[str]) -> Sequence[Queued]:
        mine = _MESSAGES.c
        posts = (unsent(), mine.say.in_(sorted(says)), mine.edits == "", mine.only_for == "", mine.to != SECOND_WAY)
        chosen = select(_MESSAGES).where(*posts).order_by(mine.number).limit(WAITING_MOST)

        async def work(connection: AsyncConnection) -> Sequence[Any]:
            rows: Sequence[Any] = (await connection.execute(chosen)).all()
            return rows

        return [_queued(row) for row in await self._database.read(work)]

    async def newest(self, to: str) -> tuple[int, str] | None:
        chosen = select(_MESSAGES.c.number, _MESSAGES.c.key).where(_MESSAGES.c.to == to)
        found = await self._first(chosen.order_by(_MESSAGES.c.number.desc()).limit(1))
        return None if found is None else (found.number, found.key)

    async def place(self, rollout: str, key: str) -> Posted | None:
        here = (col(PlaceRow.rollout) == rollout, col(PlaceRow.key) == key)
        found = await self._first(select(_PLACES.c.channel, _PLACES.c.ts).where(*here))
        return None if found is None else Posted(found.channel, found.ts)

    async def at_place(self, posted: Posted) -> tuple[str, str] | None:
        here = (col(PlaceRow.channel) == posted.channel, col(PlaceRow.ts) == posted.ts)
        found = await self._first(select(_PLACES.c.rollout, _PLACES.c.key).where(*here))
        return None if found is None else (found.rollout, found.key)

    async def _set(self, number: int, **values: Any) -> Any:
        """Change a message that isn't said yet; None for one that is, or that a newer edit has dropped."""
        open_ = [col(MessageRow.number) == number, unsent()]
        if "why" in values:
            # A far side's words: PostgreSQL keeps no NUL in a text.
            values["why"] = values["why"].replace("\0", "\N{REPLACEMENT CHARACTER}")
        return await self._database.write(lambda connection: _change(connection, open_, values), urgent=True)

    async def _first(self, chosen: Any) -> Any:
        async def work(connection: AsyncConnection) -> Any:
            return (await connection.execute(chosen)).first()

        return await self._database.read(work)


async def _change(connection: AsyncConnection, which: Sequence[Any], values: Mapping[str, Any]) -> Any:
    change = update(_MESSAGES).where(*which).values(values)
    return (await connection.execute(change.returning(*_MESSAGES.c["rollout", "key", "edits"]))).one_or_none()


async def put(
    database: Database, connection: AsyncConnection, messages: Sequence[Outgoing], now: datetime, rollout: str
) -> None:
    """Insert messages, inside the transaction of the state that they explain. Known keys are ignored."""
    rows = [_columns(message, rollout, now) for message in messages]
    for row, message in zip(rows, messages, strict=True):
        if message.edits:
            row.update(await _supersede(connection, rollout, message))
    if rows:
        await connection.execute(database.insert_new(_MESSAGES), rows)


async def _supersede(connection: AsyncConnection, rollout: str, newer: Outgoing) -> dict[str, Any]:
    """Mark waiting edits of the same message as replaced; returns what the newer one takes over from them.

    Their place in the order, or a message that changes all the time would never get its turn; their lane when it's
    the urgent one; and the time before which the far side asked us not to come back.
    """
    which = {"of": rollout, "edited": newer.edits, "newer": newer.key}
    rows = (await connection.execute(_SUPERSEDE, which)).all()
    if not rows:
        return {}
    urgent = any(row.lane == Lane.URGENT.value for row in rows)
    return {
        "turn": min(row.turn or row.number for row in rows),
        "lane": Lane.URGENT.value if urgent else newer.lane.value,
        "not_before": max((row.not_before for row in rows if row.not_before), default=None),
    }


async def _drop_older_edits(connection: AsyncConnection, number: int, rollout: str, edits: str) -> None:
    """A newer state stands: older edits are neither sent any more nor kept (there's one for every check)."""
    same = (col(MessageRow.rollout) == rollout, col(MessageRow.edits) == edits, col(MessageRow.number) < number)
    await connection.execute(delete(_MESSAGES).where(*same))


def _columns(message: Outgoing, rollout: str, now: datetime) -> dict[str, Any]:
    return {
        "turn": None,
        "rollout": rollout,
        "key": message.key,
        "lane": message.lane.value,
        "say": message.say,
        "facts": canonical(dict(message.facts)),
        "to": message.to,
        "thread": message.thread,
        "broadcast": message.broadcast,
        "edits": message.edits,
        "only_for": message.only_for,
        "at": now,
        "state": WAITING,
        "tries": 0,
        "uncertain": False,
        "not_before": None,
        "why": "",
    }


def _queued(row: Any) -> Queued:
    outgoing = Outgoing(
        say=row.say,
        key=row.key,
        facts=json.loads(row.facts),
        lane=Lane(row.lane),
        to=row.to,
        thread=row.thread,
        broadcast=row.broadcast,
        edits=row.edits,
        only_for=row.only_for,
    )
    uncertain = row.uncertain or row.state == SENDING
    return Queued(row.number, row.rollout, outgoing, row.tries, uncertain, row.at)
