"""The scheduler wakes the engine, whatever is done to the machine's clock."""

import asyncio
import datetime as time
from typing import Any

import apscheduler.schedulers.base
import pytest

from bot import schedule
from bot.schedule import Schedule
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


class Machine(time.datetime):
    """The machine's clock, which somebody sets back."""

    back = time.timedelta(0)

    @classmethod
    def now(cls, tz: time.tzinfo | None = None) -> Any:
        return time.datetime.now(tz) - cls.back


async def test_a_clock_that_is_set_back_stops_no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws 2, 3 and 10: the library would sleep until the old time comes again, and nobody would look for so long."""
    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Machine)
    monkeypatch.setattr(schedule, "datetime", Machine)
    monkeypatch.setattr(Machine, "back", time.timedelta(0))
    called: asyncio.Queue[None] = asyncio.Queue()

    async def call() -> None:
        called.put_nowait(None)

    beating = Schedule()
    beating.every(0.05, call)
    beating.start()
    try:
        async with asyncio.timeout(HANGS_S):
            await called.get()
            Machine.back = time.timedelta(hours=3)
            while not called.empty():
                called.get_nowait()
            for _ in range(3):
                await called.get()
    finally:
        beating.close()
