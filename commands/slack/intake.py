"""What came in is kept before it's acknowledged, so that it acts once and survives a crash (law 6).

Down doesn't wait for that (law 2): a rollback or kill goes to the desk at once, beside the commit; and when the
database doesn't answer within a second, so does a hold, and everything else is refused.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum

from bot.engine.requests import Request
from bot.ports import Delivery, Inbox, StoreAway
from bot.redaction import Redactor
from commands.slack import DOWNWARD
from commands.slack.worker import Worker

AT_ONCE = frozenset({"rollback", "kill"})
DEADLINE_S = 1.0


class Kept(StrEnum):
    """What became of a delivery."""

    NEW = "new"
    AGAIN = "again"
    """It was taken before; nothing further happens."""
    DOWN = "down"
    """The database is away; the request goes down without it."""
    REFUSED = "refused"
    """The database is away, and the request isn't a downward one."""


class Intake:
    """The one way from a door to the worker."""

    def __init__(self, inbox: Inbox, worker: Worker, redact: Redactor | None = None) -> None:
        self._inbox = inbox
        self._worker = worker
        self._redact = redact or Redactor()

    async def take(self, request: Request) -> Kept:
        """Keep a request, within a second; a secret that somebody pasted isn't kept with it. Never raises."""
        typed = {"words": tuple(map(self._redact, request.words)), "reason": self._redact(request.reason)}
        request = request.model_copy(update=typed)
        if request.verb in AT_ONCE:
            self._worker.at_once(request)
        try:
            async with asyncio.timeout(DEADLINE_S):
                new = await self._inbox.take(Delivery(request.key, request.at, request.model_dump(mode="json")))
        except (StoreAway, TimeoutError):
            return self._without_memory(request)
        if new:
            self._worker.wake()
        return Kept.NEW if new else Kept.AGAIN

    def _without_memory(self, request: Request) -> Kept:
        """What another system says is told again by it, under the same key, and may be acted on late: it is a fact."""
        if request.verb in DOWNWARD:
            self._worker.at_once(request)
            return Kept.DOWN
        if request.heard is None:
            self._worker.forget(request)
        return Kept.REFUSED
