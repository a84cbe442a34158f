"""Waiting for a change by watches, so that nothing has to be asked while nothing happens.

A watch only says *when* to look; what is seen then is always asked for anew. So nothing depends on what a stream says,
or on its having said everything: one that falls ill costs more requests, and no roll-out its verdict.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from types import TracebackType

from bot.ports import Denied, OutsideFault

SILENT_S = 10.0
"""A look is due after so long a silence, however well the streams seem: a cut wire is silent too."""
AGAIN_S = 10.0
"""Until a stream that ended is opened again."""

Sleep = Callable[[float], Awaitable[None]]
Opening = Callable[[], AsyncGenerator[str]]
"""Opens a stream of changes. It's to begin with what there is: then whatever came before it is looked at once more."""


class Watch:
    """Several streams of changes, open from `async with` to its end.

    They're trusted while each has said something since it was opened: a proxy that keeps answers back lets a stream be
    opened, and says nothing.
    """

    def __init__(self, openings: Sequence[Opening], sleep: Sleep = asyncio.sleep) -> None:
        self._openings, self._sleep = openings, sleep
        self._speaking: set[Opening] = set()
        self._stirred = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Watch:
        self._tasks = [asyncio.create_task(self._follow(each)) for each in self._openings]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_up()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def trusted(self) -> bool:
        """Whether silence says that nothing happens."""
        return len(self._speaking) == len(self._openings)

    async def silence(self) -> bool:
        """Wait for a change, or SILENT_S. Returns at once while the streams aren't trusted.

        Returns whether they were trusted all the time and silent.
        """
        if self.trusted:
            waits = [asyncio.ensure_future(each) for each in (self._stirred.wait(), self._sleep(SILENT_S))]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()
        silent = self.trusted and not self._stirred.is_set()
        self._stirred.clear()
        return silent

    def give_up(self) -> None:
        """Close the streams, for good."""
        for each in self._tasks:
            each.cancel()

    async def _follow(self, opening: Opening) -> None:
        """One stream, opened again when it ends; one that we may not have isn't asked for again."""
        while True:
            try:
                async with aclosing(opening()) as changes:
                    async for _ in changes:
                        self._speaking.add(opening)
                        self._stirred.set()
            except Denied:
                return
            except OutsideFault:
                pass
            finally:
                self._speaking.discard(opening)
                self._stirred.set()
            await self._sleep(AGAIN_S)
