"""One of several senders sends, and what it had in hand when it slept is left to whoever looks next (law 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.ports import NotOurs
from tests.bot.engine.test_outbox import Desk, desk, note
from tests.waiting import until

pytestmark = pytest.mark.anyio


@dataclass
class Turns:
    """Another process at the same outbox, as this one notices it."""

    here: Desk
    mine: bool = True
    naps: int = 0
    taken: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        self._sending = self.here.outbox.sending
        self.here.outbox.may_send = self.may_send  # type: ignore[method-assign]
        self.here.outbox.sending = self.sending  # type: ignore[method-assign]

    async def may_send(self, now: datetime) -> bool:
        self.asked += 1
        return self.mine

    async def until_asked(self, times: int) -> None:
        await until(lambda: self.asked >= times)

    async def sending(self, number: int, until: datetime) -> None:
        if self.taken:
            self.taken -= 1
            raise NotOurs("said meanwhile")
        await self._sending(number, until)
        if self.naps:
            self.naps -= 1
            self.here.pass_time(timedelta(seconds=31))


async def test_who_may_not_send_says_nothing_and_goes_on_when_it_may() -> None:
    async with desk() as here:
        turns = Turns(here, mine=False)
        await here.put(note("waits"))
        await turns.until_asked(1)
        await here.put(note("waits too"), rollout="")
        await turns.until_asked(2)
        assert here.said == []
        turns.mine = True
        here.sender.wake()
        assert len(await here.until_said(2)) == 2


async def test_one_that_slept_right_before_a_post_looks_for_it_first() -> None:
    """Another process may have found it unposted, and posted it."""
    async with desk() as here:
        Turns(here, naps=1)
        await here.put(note("once"))
        await here.until_said(1)
        assert (here.said, here.messenger.looked) == (["#canary-live: note once"], 1)


async def test_what_another_one_said_is_left_alone() -> None:
    async with desk() as here:
        Turns(here, taken=1)
        await here.put(note("first", thread=False))
        await here.until_said(1)
        assert len(here.said) == 1
