"""What every inbox promises: each delivery once, and none lost (laws 5 and 6)."""

from __future__ import annotations

import asyncio

import pytest

from bot.ports import Delivery
from tests.contracts.stores import Store
from tests.storage.samples import NOW, seconds

pytestmark = pytest.mark.anyio


def a_delivery(key: str, late: float = 0) -> Delivery:
    return Delivery(key, NOW + seconds(late), {"verb": "promote", "words": ["ñ"], "at": {"n": 1}})


async def test_a_key_is_taken_once(store: Store) -> None:
    assert await store.inbox.take(a_delivery("click:1")) is True
    assert await store.inbox.take(a_delivery("click:1")) is False
    assert await store.inbox.waiting() == [a_delivery("click:1")]


async def test_a_key_that_is_done_stays_taken(store: Store) -> None:
    await store.inbox.take(a_delivery("click:1"))
    await store.inbox.done("click:1")
    assert await store.inbox.take(a_delivery("click:1")) is False
    assert await store.inbox.waiting() == []


async def test_what_waits_comes_oldest_first_and_outlives_a_crash(store: Store) -> None:
    for delivery in (a_delivery("new", 2), a_delivery("old", 1), a_delivery("done")):
        await store.inbox.take(delivery)
    await store.inbox.done("done")
    after = await store.beside(later_s=30)
    assert [delivery.key for delivery in await after.inbox.waiting()] == ["old", "new"]


async def test_of_many_at_once_over_two_processes_one_takes(store: Store) -> None:
    other = await store.beside()
    taken = await asyncio.gather(*(one.inbox.take(a_delivery("click:1")) for one in (store, other) for _ in range(8)))
    assert taken.count(True) == 1
