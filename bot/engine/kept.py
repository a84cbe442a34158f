"""Answers about long windows, which do for more than one tick: a month's count is asked every few minutes, not always.

What is asked of a source over 30 days costs it far more than a check's own questions, and moves far more slowly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.domain.measurements import NoData

Found = TypeVar("Found")

PART = 12
"""A window's answer is asked again after a twelfth of it: as the SRE workbook's short window is to its long one."""
LONGEST = timedelta(minutes=5)
MISSED = timedelta(minutes=1)
"""What gave no data is asked again sooner, though not at each check: it may be what the source can't bear."""


def again_after(window: timedelta) -> timedelta:
    """For how long an answer about a window does: 5 s for one of a minute, 5 minutes for an hour and longer."""
    return min(window / PART, LONGEST)


@dataclass(frozen=True, slots=True)
class _Held:
    asked_at: datetime
    until: timedelta
    answer: asyncio.Task[Any]


class Kept:
    """Answers by what was asked, shared by all ticks of a process; forgotten when they are too old to be used."""

    def __init__(self) -> None:
        self._held: dict[Hashable, _Held] = {}
        self._tidied_at: datetime | None = None

    async def get(
        self, key: Hashable, now: datetime, again: timedelta, ask: Callable[[], Awaitable[Found]]
    ) -> tuple[Found, datetime]:
        """The answer, and when it was asked; `ask` is called where there is none, or none that is new enough.

        Who gives up waiting cancels nothing for the others. Raises what `ask` raises, and then keeps nothing.
        """
        held = self._held.get(key)
        if held is None or not _does(held, now):
            self._tidy(now)
            held = self._held[key] = _Held(now, again, asyncio.ensure_future(ask()))
        try:
            found: Found = await asyncio.shield(held.answer)
        except BaseException:
            if held.answer.done() and self._held.get(key) is held:
                del self._held[key]
            raise
        return found, held.asked_at

    async def aclose(self) -> None:
        """Wait for nothing that is still being asked."""
        asking = [held.answer for held in self._held.values()]
        for answer in asking:
            answer.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        self._held.clear()

    def _tidy(self, now: datetime) -> None:
        if self._tidied_at is None or not timedelta(0) <= now - self._tidied_at < LONGEST:
            self._tidied_at = now
            self._held = {key: held for key, held in self._held.items() if _does(held, now)}


def _does(held: _Held, now: datetime) -> bool:
    age = now - held.asked_at
    until = min(held.until, MISSED) if _gave_nothing(held.answer) else held.until
    return timedelta(0) <= age < until or age == timedelta(0)


def _gave_nothing(answer: asyncio.Task[Any]) -> bool:
    return answer.done() and (
        answer.cancelled() or answer.exception() is not None or isinstance(answer.result(), NoData)
    )
