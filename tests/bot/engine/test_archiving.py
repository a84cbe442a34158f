"""The daily archive (E8): within bounds, one process at a time, and never in the way."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.engine.archiving import DAILY, LONGEST, Archiving
from bot.ports import Archived, Due, StoreAway
from tests.builders import START

pytestmark = pytest.mark.anyio

AFTER = timedelta(days=14)


@dataclass
class MemoryShelf:
    """`Shelf` without a disk: what is due, what was taken, and whose turn it is."""

    waiting: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    bad: tuple[str, ...] = ()
    ours: bool = True
    asked_before: datetime | None = None
    free: int = 0

    async def due(self, before: datetime) -> Sequence[Due]:
        self.asked_before = before
        return [Due(id, "plan", "production", "v1", START) for id in self.waiting]

    async def mine(self, now: datetime) -> bool:
        return self.ours

    async def take(self, rollout: Due, now: datetime) -> Archived | None:
        if rollout.id in self.bad:
            raise StoreAway(f"no room for {rollout.id}")
        self.waiting.remove(rollout.id)
        self.taken.append(rollout.id)
        return Archived(rollout.id, "archive", "x.parquet", 1, "0", emptied=True)

    async def shrink(self, pages: int) -> int:
        freed, self.free = min(pages, self.free), max(self.free - pages, 0)
        return freed


@dataclass
class Clock:
    now: datetime = START
    each_look: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        self.now += self.each_look
        return self.now


async def test_what_is_due_goes_once_a_day_and_pages_are_given_back() -> None:
    shelf, clock = MemoryShelf(["a", "b"], free=250), Clock()
    archiving = Archiving(shelf, AFTER, clock)
    assert await archiving.once() == 2
    assert (shelf.taken, shelf.free, shelf.asked_before) == (["a", "b"], 0, START - AFTER)
    shelf.waiting = ["c"]
    assert await archiving.once() == 0
    clock.now += DAILY
    assert await archiving.once() == 1


async def test_one_that_cant_be_archived_keeps_none_of_the_others_and_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf, clock = MemoryShelf(["a", "b", "c"], bad=("b",)), Clock()
    archiving = Archiving(shelf, AFTER, clock)
    with caplog.at_level(logging.WARNING):
        await archiving.once()
        clock.now += DAILY
        await archiving.once()
    assert shelf.taken == ["a", "c"]
    assert [record.getMessage() for record in caplog.records] == ["archiving has to wait: no room for b"]


async def test_it_stops_when_another_process_archives() -> None:
    shelf = MemoryShelf(["a"], ours=False)
    assert await Archiving(shelf, AFTER, Clock()).once() == 0
    assert shelf.waiting == ["a"]


async def test_it_stops_after_a_while_and_goes_on_at_the_next_look() -> None:
    shelf, clock = MemoryShelf(["a", "b", "c", "d"]), Clock(each_look=LONGEST / 4)
    archiving = Archiving(shelf, AFTER, clock)
    assert 0 < await archiving.once() < 4
    clock.each_look = timedelta(0)
    await archiving.once()
    assert shelf.waiting == []


async def test_never_is_never() -> None:
    shelf = MemoryShelf(["a"])
    assert await Archiving(shelf, None, Clock()).once() == 0
    assert shelf.waiting == ["a"]
