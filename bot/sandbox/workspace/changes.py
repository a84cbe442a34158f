"""Wakes whoever waits for something to change: a test's `until`, the page's live stream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from bot.sandbox.workspace.json_value import Json

T = TypeVar("T")

_KEPT_FOR_A_SLOW_READER = 1000


class Changes:
    """Everything that changes the workspace calls `note`; nothing polls."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._followers: set[asyncio.Queue[Json | None]] = set()
        self._recent: list[str] = []

    def note(self, kind: str, **facts: str | None) -> None:
        """Something of this kind has changed; `facts` name it (channel, ts, user)."""
        self._recent = [*self._recent[-9:], " ".join([kind, *(str(v) for v in facts.values() if v)])]
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        for queue in self._followers:
            if not queue.full():
                queue.put_nowait({"kind": kind, **facts})

    async def until(self, predicate: Callable[[], T | None], within: float) -> T:
        """Wait until the predicate gives something true, and return that; look again at each change.

        Raises TimeoutError after `within` seconds, naming the last changes seen.
        """
        try:
            async with asyncio.timeout(within):
                while not (found := predicate()):
                    await self._next()
                return found
        except TimeoutError:
            seen = "; ".join(self._recent) or "none at all"
            raise TimeoutError(f"still untrue after {within:g} s; the last changes were: {seen}") from None

    async def follow(self, quiet_s: float) -> AsyncIterator[Json]:
        """Each change from now on, until `close`; an empty one after so many seconds without any.

        The first says `following`: what was read before it may be out of date, what is read after it isn't missed.
        """
        queue: asyncio.Queue[Json | None] = asyncio.Queue(_KEPT_FOR_A_SLOW_READER)
        self._followers.add(queue)
        queue.put_nowait({"kind": "following"})
        try:
            while (change := await _next_within(queue, quiet_s)) is not None:
                yield change
        finally:
            self._followers.discard(queue)

    def close(self) -> None:
        """End every `follow`."""
        for queue in self._followers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    async def _next(self) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)


async def _next_within(queue: asyncio.Queue[Json | None], quiet_s: float) -> Json | None:
    try:
        async with asyncio.timeout(quiet_s):
            return await queue.get()
    except TimeoutError:
        return {}
