"""Once a day the measurements of rollouts that ended long ago go into the archive, within bounds.

A loop of its own: nothing waits for it, and a database or a folder that is away only makes it wait.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from bot.ports import Clock, Shelf, StoreAway

log = logging.getLogger(__name__)

FIRST_S = 300.0
"""A start has better things to do."""
DAILY = timedelta(days=1)
LOOK_S = 600.0
LONGEST = timedelta(minutes=10)
"""What isn't done by then goes on the next hour: of one rollout, all is done."""
SHRINK_PAGES = 100
"""Pages given back with one commit."""


class Archiving:
    """Supervised. `after` is how long after its end a rollout's measurements stay; None for ever."""

    def __init__(self, shelf: Shelf, after: timedelta | None, clock: Clock) -> None:
        self._shelf = shelf
        self._after = after
        self._clock = clock
        self._next: datetime | None = None
        self._told = ""

    async def run(self) -> None:
        """Go on until cancelled."""
        await asyncio.sleep(FIRST_S)
        while self._after is not None:
            try:
                await self.once()
            except StoreAway as away:
                self._tell(str(away))
            except Exception:
                log.exception("archiving broke; it is tried again")
            await asyncio.sleep(LOOK_S)

    async def once(self) -> int:
        """All that is due now, as far as the time goes; returns how many rollouts. Raises StoreAway."""
        now = self._clock()
        if self._after is None or (self._next is not None and now < self._next):
            return 0
        begun, done = now, 0
        for rollout in await self._shelf.due(now - self._after):
            if self._clock() - begun > LONGEST or not await self._shelf.mine(self._clock()):
                return done
            try:
                done += await self._shelf.take(rollout, self._clock()) is not None
            except StoreAway as away:
                # One that can't be archived mustn't keep the others.
                self._tell(str(away))
        while done and await self._shelf.shrink(SHRINK_PAGES):
            pass
        self._next = now + DAILY
        return done

    def _tell(self, why: str) -> None:
        """Each trouble once: the same one comes again with every rollout."""
        if why != self._told:
            self._told = why
            log.warning("archiving has to wait: %s", why)
