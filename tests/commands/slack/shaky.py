"""Memory that fails when a test says so, around the real one, and doors that wait for it as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from types import ModuleType
from typing import Any

import pytest

from bot.ports import Delivery, Inbox, Outbox, Outgoing, StoreAway
from commands.slack import intake
from commands.web import alert_records
from storage import inbox
from tests.waiting import HANGS_S


class Trouble(StrEnum):
    """How writing fails. LATE: it is kept, and the answer is lost."""

    FAILS = "fails"
    HANGS = "hangs"
    LATE = "late"


@contextmanager
def a_patient_intake(door: ModuleType | None = None) -> Iterator[None]:
    """How soon memory has to answer is for the tests of law 2 to say: elsewhere a busy machine is no database that is
    gone. `door` is a web door's module, which has deadlines of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "DEADLINE_S", HANGS_S)
        patch.setattr(inbox, "TAKE_S", HANGS_S)
        if door:
            patch.setattr(alert_records, "WITHIN_S", HANGS_S)
            patch.setattr(door, "FIND_S", HANGS_S)
            patch.setattr(door, "ANSWER_S", HANGS_S)
        yield


class ShakyInbox:
    """An inbox whose `take` has trouble; one that hangs fails once it is `let_go`."""

    def __init__(self, inner: Inbox) -> None:
        self._inner = inner
        self.trouble: Trouble | None = None
        self.let_go = asyncio.Event()

    async def take(self, delivery: Delivery) -> bool:
        match self.trouble:
            case Trouble.HANGS:
                await self.let_go.wait()
            case Trouble.LATE:
                await self._inner.take(delivery)
        if self.trouble is not None:
            raise StoreAway("the disk is full")
        return await self._inner.take(delivery)

    async def waiting(self) -> Sequence[Delivery]:
        return await self._inner.waiting()

    async def done(self, key: str) -> None:
        await self._inner.done(key)


class ShakyOutbox:
    """An outbox that takes nothing while `away`."""

    def __init__(self, inner: Outbox) -> None:
        self._inner = inner
        self.away = False

    async def add(self, messages: Sequence[Outgoing], now: datetime, rollout: str = "") -> None:
        if self.away:
            raise StoreAway("the disk is full")
        await self._inner.add(messages, now, rollout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
