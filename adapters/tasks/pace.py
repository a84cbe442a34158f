"""The clock that a burst goes by: seconds that only rise, and waiting for one of them. Tests bring their own."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Pace(Protocol):
    """`now` in seconds from some beginning; `until` comes back when that time is reached, or at once."""

    def now(self) -> float: ...

    async def until(self, moment: float) -> None: ...


class RealPace:
    """The event loop's own clock."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def until(self, moment: float) -> None:
        await asyncio.sleep(max(moment - self.now(), 0))
