"""Hearing: whether what Perch says gets through at all, noticed at each call of the messenger.

A refusal of one message, or of one channel, is an answer: the far side hears us. No answer, and a token that is no
longer good, is silence.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from bot.ports import Clock, Messenger, OutOfReach, Posted, Said, ShutOut, SlowDown, Uncertain

log = logging.getLogger(__name__)

T = TypeVar("T")
BLIP = timedelta(minutes=1)
"""A silence shorter than this isn't worth a word."""


class Hearing:
    """The `Messenger` port around another one."""

    def __init__(self, messenger: Messenger, clock: Clock) -> None:
        self._messenger = messenger
        self._clock = clock
        self.silent_since: datetime | None = None
        self._why = ""

    @property
    def trouble(self) -> str:
        """Why nothing has got through for a minute or more, on one line; "" while it does."""
        if self.silent_since is None:
            return ""
        silent = self._clock() - self.silent_since
        return f"nothing gets through for {silent.total_seconds() / 60:.0f} min: {self._why}" if silent >= BLIP else ""

    async def post(self, to: str, said: Said, *, thread: str = "", broadcast: bool = False, mark: str = "") -> Posted:
        return await self._heard(self._messenger.post(to, said, thread=thread, broadcast=broadcast, mark=mark))

    async def edit(self, posted: Posted, said: Said, *, mark: str = "") -> None:
        await self._heard(self._messenger.edit(posted, said, mark=mark))

    async def whisper(self, channel: str, user: str, said: Said) -> None:
        await self._heard(self._messenger.whisper(channel, user, said))

    async def upload(self, png: bytes, name: str, alt: str) -> str:
        # Files have an address of their own: one that is shut says nothing of messages.
        return await self._messenger.upload(png, name, alt)

    async def find(self, to: str, mark: str, *, thread: str = "") -> Posted | None:
        found = await self._listened(self._messenger.find(to, mark, thread=thread))
        # Nothing found may also mean that nobody was asked: direct messages aren't looked for.
        if found is not None:
            self._answered()
        return found

    async def reactions(self, posted: Posted) -> Mapping[str, Sequence[str]]:
        return await self._heard(self._messenger.reactions(posted))

    async def _heard(self, call: Awaitable[T]) -> T:
        answer = await self._listened(call)
        self._answered()
        return answer

    async def _listened(self, call: Awaitable[T]) -> T:
        """The answer, of which it's still open whether it came from the far side."""
        try:
            return await call
        except SlowDown:
            raise
        except (OutOfReach, Uncertain, ShutOut) as fault:
            self._silence(str(fault), lasting=isinstance(fault, ShutOut))
            raise
        except (TimeoutError, asyncio.CancelledError):
            self._silence("no answer in time", lasting=False)
            raise
        except Exception:
            self._answered()
            raise

    def _silence(self, why: str, *, lasting: bool) -> None:
        began = self.silent_since is None
        if self.silent_since is None:
            self.silent_since = self._clock()
        if began or (lasting and why != self._why):
            log.log(
                logging.ERROR if lasting else logging.WARNING,
                "what Perch says doesn't get through: %s. Checks and ways down go on; messages wait.",
                why,
            )
        self._why = why

    def _answered(self) -> None:
        if self.silent_since is None:
            return
        silent = self._clock() - self.silent_since
        log.warning(
            "what Perch says gets through again, after %.0f s; what waited follows in order", silent.total_seconds()
        )
        self.silent_since, self._why = None, ""
