"""Who writes next: SQLite takes one writer at a time, and a request that a person waits for goes first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A lock with two queues. A thousand checks may wait to be saved; a click never waits behind them all."""

    def __init__(self, places: int) -> None:
        """`places`: how many may write at once; 1 on SQLite."""
        self._free = places
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._routine: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, urgent: bool) -> AsyncIterator[None]:
        """Hold a place; urgent ones before routine ones, else in the order of asking."""
        await self._take(self._urgent if urgent else self._routine)
        try:
            yield
        finally:
            self._give()

    async def _take(self, queue: deque[asyncio.Future[None]]) -> None:
        if self._free:
            self._free -= 1
            return
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(ticket)
        try:
            await ticket
        except asyncio.CancelledError:
            if ticket.done() and not ticket.cancelled():
                self._give()
            raise

    def _give(self) -> None:
        for queue in (self._urgent, self._routine):
            while queue:
                ticket = queue.popleft()
                if not ticket.done():
                    ticket.set_result(None)
                    return
        self._free += 1
