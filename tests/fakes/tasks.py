"""A fake of what a stage's task does: it counts, and a test holds it up and says what comes of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.ports import Denied, Ran


class FakeExercise:
    """An `Exercise` whose attempts are one object: what a test looks at."""

    def __init__(self) -> None:
        self.ran = Ran(numbers={"success_rate": 100.0, "p95": 0.2}, record="load", facts={"requests": 10, "ok": 10})
        self.begun = self.under_way = self.stopped = 0
        self.clear = asyncio.Event()
        self.refuses = ""
        self.takes = timedelta(seconds=60)
        self.about = "something"

    def attempt(self) -> FakeExercise:
        return self

    async def carry_out(self) -> None:
        if self.refuses:
            raise Denied(self.refuses)
        self.begun += 1
        self.under_way += 1
        try:
            await self.clear.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        finally:
            self.under_way -= 1

    def result(self) -> Ran:
        return self.ran

    async def rehearse(self) -> str:
        if self.refuses:
            raise Denied(self.refuses)
        return "fine"

    async def aclose(self) -> None: ...
