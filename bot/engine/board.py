"""What preflight has tried so far, shown while it goes on (X5): cheap, for the end of it is what goes on record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from bot.domain.rollout import Rollout, Tried
from bot.engine.ledger import new_id
from bot.ports import Clock, Lane, Outbox, Outgoing, StoreAway

log = logging.getLogger(__name__)

Watch = Callable[[Sequence[Tried]], Awaitable[None]]
"""Hears of all that is tried, and how far each is, while that goes on."""
SOON_S = 1.0
EVERY_S = 1.5
"""A preflight that takes no longer than a second is told by its end alone; then an edit every so often."""


async def unwatched(tried: Sequence[Tried]) -> None:
    """For whom nobody looks at."""


class Board:
    """Each thing that is tried, in the order in which it is shown. What is red stays red."""

    def __init__(self, tried: Iterable[Tried], soon_s: float = SOON_S, every_s: float = EVERY_S) -> None:
        self._tried = {each.what: each for each in tried}
        self._soon_s, self._every_s = soon_s, every_s

    @property
    def tried(self) -> tuple[Tried, ...]:
        return tuple(self._tried.values())

    def note(self, what: str, outcome: Literal["pending", "ok", "note", "red"], said: str = "") -> None:
        known = self._tried[what]
        if known.outcome != "red":
            self._tried[what] = known.model_copy(update={"outcome": outcome, "said": said})

    @asynccontextmanager
    async def told_to(self, watch: Watch) -> AsyncIterator[None]:
        """Tell how far it is, for as long as it takes."""
        telling = asyncio.create_task(self._tell(watch))
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _tell(self, watch: Watch) -> None:
        await asyncio.sleep(self._soon_s)
        told: tuple[Tried, ...] = ()
        while True:
            if told != self.tried:
                told = self.tried
                await watch(told)
            await asyncio.sleep(self._every_s)


class StatusBoard:
    """Shows it in the rollout's status message; several edits that wait become one in the outbox."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    def of(self, rollout: Rollout) -> Watch:
        root = f"status:{rollout.id}"

        async def watch(tried: Sequence[Tried]) -> None:
            facts = {"preflight": [each.model_dump(mode="json") for each in tried]}
            edit = Outgoing("status", key=f"{root}:{new_id()}", facts=facts, lane=Lane.URGENT, edits=root)
            try:
                await self._outbox.add([edit], self._clock(), rollout.id)
            except StoreAway as away:
                log.warning("how far the preflight of %s is can't be told (%s)", rollout.id, away)

        return watch
