"""The outbox in memory, kept to the same contract as the real one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from bot.domain.evidence import canonical
from bot.ports import SECOND_WAY, Lane, Outgoing, Posted, Queued
from bot.ports.leases import NotOurs
from tests.fakes.outage import Outage


@dataclass
class _Message:
    number: int
    turn: int
    rollout: str
    outgoing: Outgoing
    at: datetime
    state: str = "waiting"
    tries: int = 0
    uncertain: bool = False
    not_before: datetime | None = None
    in_hand: bool = False

    @property
    def unsent(self) -> bool:
        return self.state in ("waiting", "sending")


@dataclass
class MemoryOutbox:
    """`Outbox` in memory. `reopened` is the outbox as the next process finds it."""

    outage: Outage = field(default_factory=Outage)
    _messages: dict[int, _Message] = field(default_factory=dict)
    _places: dict[tuple[str, str], Posted] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def reopened(self) -> MemoryOutbox:
        for message in self._messages.values():
            message.in_hand = False
        return self

    async def add(self, messages: Sequence[Outgoing], now: datetime, rollout: str = "") -> None:
        self.outage.check()
        self.put(messages, now, rollout)

    def put(self, messages: Sequence[Outgoing], now: datetime, rollout: str) -> None:
        known = {(message.rollout, message.outgoing.key) for message in self._messages.values()}
        for outgoing in messages:
            if (rollout, outgoing.key) in known:
                continue
            known.add((rollout, outgoing.key))
            kept = replace(outgoing, facts=json.loads(canonical(dict(outgoing.facts))))
            number = next(self._numbers)
            message = _Message(number, number, rollout, kept, now)
            self._supersede(message)
            self._messages[number] = message

    async def due(self, now: datetime, limit: int) -> Sequence[Queued]:
        self.outage.check()
        due = [message for message in self._messages.values() if self._is_due(message, now)]
        due.sort(key=lambda message: (message.outgoing.lane is not Lane.URGENT, message.turn, message.number))
        return [_queued(message) for message in due[:limit]]

    async def may_send(self, now: datetime) -> bool:
        self.outage.check()
        return True

    async def sending(self, number: int, until: datetime) -> None:
        self.outage.check()
        message = self._messages[number]
        if not message.unsent:
            raise NotOurs(f"message {number} is {message.state}")
        message.state, message.in_hand, message.not_before = "sending", True, until
        message.tries += 1

    async def said(self, number: int, posted: Posted | None, now: datetime) -> None:
        self.outage.check()
        message = self._messages[number]
        message.state, message.in_hand = "said", False
        if message.outgoing.edits:
            for older in self._others(message):
                if older.outgoing.edits == message.outgoing.edits and older.number < number and older.unsent:
                    older.state = "superseded"
        elif posted is not None:
            self._places.setdefault((message.rollout, message.outgoing.key), posted)

    async def later(self, number: int, until: datetime, why: str, *, uncertain: bool) -> None:
        self.outage.check()
        message = self._messages[number]
        message.state, message.in_hand = "waiting", False
        message.not_before, message.uncertain = until, uncertain

    async def gave_up(self, number: int, why: str, now: datetime) -> None:
        self.outage.check()
        message = self._messages[number]
        message.state, message.in_hand = "gave up", False

    async def readdress(self, number: int, to: str) -> None:
        self.outage.check()
        message = self._messages[number]
        message.outgoing = replace(message.outgoing, to=to, thread=False, broadcast=False)
        message.state, message.in_hand, message.not_before, message.uncertain = "waiting", False, None, False

    async def waiting(self, says: Collection[str]) -> Sequence[Queued]:
        self.outage.check()
        return [_queued(one) for one in self._messages.values() if one.unsent and _is_post(one.outgoing, says)]

    async def newest(self, to: str) -> tuple[int, str] | None:
        self.outage.check()
        there = [one for one in self._messages.values() if one.outgoing.to == to]
        return (there[-1].number, there[-1].outgoing.key) if there else None

    async def place(self, rollout: str, key: str) -> Posted | None:
        self.outage.check()
        return self._places.get((rollout, key))

    async def at_place(self, posted: Posted) -> tuple[str, str] | None:
        self.outage.check()
        return next((where for where, stands in self._places.items() if stands == posted), None)

    def _others(self, message: _Message) -> Iterable[_Message]:
        return [one for one in self._messages.values() if one.rollout == message.rollout and one is not message]

    def _supersede(self, newer: _Message) -> None:
        edits = newer.outgoing.edits
        older = [one for one in self._others(newer) if edits and one.outgoing.edits == edits and one.state == "waiting"]
        for one in older:
            one.state = "superseded"
            newer.turn = min(newer.turn, one.turn)
            if one.outgoing.lane is Lane.URGENT:
                newer.outgoing = replace(newer.outgoing, lane=Lane.URGENT)
            newer.not_before = max(filter(None, (newer.not_before, one.not_before)), default=None)

    def _is_due(self, message: _Message, now: datetime) -> bool:
        if not message.unsent or message.in_hand or (message.not_before is not None and message.not_before > now):
            return False
        others = [one for one in self._others(message) if one.unsent]
        root = f"status:{message.rollout}"
        if message.outgoing.thread and any(one.outgoing.key == root for one in others):
            return False
        if message.outgoing.edits:
            return not any(_comes_before_edit(one, message, now) for one in others)
        return message.rollout == "" or not any(_earlier_in_line(one, message) for one in others)


def _queued(message: _Message) -> Queued:
    uncertain = message.uncertain or message.state == "sending"
    return Queued(message.number, message.rollout, message.outgoing, message.tries, uncertain, message.at)


def _is_post(outgoing: Outgoing, says: Collection[str]) -> bool:
    return outgoing.say in says and not outgoing.edits and not outgoing.only_for and outgoing.to != SECOND_WAY


def _comes_before_edit(other: _Message, edit: _Message, now: datetime) -> bool:
    if other.outgoing.edits != edit.outgoing.edits:
        return other.outgoing.key == edit.outgoing.edits
    may_land = other.state == "sending" and other.not_before is not None and other.not_before > now
    return other.number > edit.number or other.in_hand or may_land


def _earlier_in_line(other: _Message, message: _Message) -> bool:
    theirs, mine = other.outgoing, message.outgoing
    posts = not theirs.edits and not theirs.only_for and not mine.only_for
    return posts and theirs.lane is mine.lane and theirs.to == mine.to and other.number < message.number
