"""Memory that fails when a test says so, around the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.ports import Delivery, Inbox, Outbox, Outgoing, StoreAway


class Trouble(StrEnum):
    """How writing fails. LATE: it is kept, and the answer is lost."""

    FAILS = "fails"
    HANGS = "hangs"
    LATE = "late"


class ShakyInbox:
    """An inbox whose `take` has trouble."""

    def __init__(self, inner: Inbox) -> None:
        self._inner = inner
        self.trouble: Trouble | None = None

    async def take(self, delivery: Delivery) -> bool:
        match self.trouble:
            case Trouble.HANGS:
                await asyncio.sleep(60)
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
