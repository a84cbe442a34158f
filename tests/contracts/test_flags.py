"""What `bot.ports.Flags` promises, for the fake and for both databases (T10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.flags import Flag, Routing, Variant
from bot.domain.units import ZERO, Weight
from tests.contracts.stores import Store
from tests.storage.samples import NOW

pytestmark = pytest.mark.anyio

ROUTING = Routing(key="materializers", canary="new", stable="old", cohort=frozenset({"lisa"}), by="run")
CANARY, STABLE = Variant.CANARY, Variant.STABLE


async def test_what_was_set_is_in_force_for_every_process(store: Store) -> None:
    assert await store.flags.get("materializers") is None
    await store.flags.set_weight(ROUTING, Weight(12.34))
    await store.flags.set_mirror(ROUTING, Weight(50))
    other = (await store.beside()).flags
    assert await other.get("materializers") == Flag(routing=ROUTING, weight=Weight(12.34), mirror=Weight(50))
    assert [flag.routing.key for flag in await other.all()] == ["materializers"]


async def test_a_weight_and_a_switch_that_are_set_side_by_side_both_stand(store: Store) -> None:
    """A kill does both at once: neither may write over the other."""
    await store.flags.set_weight(ROUTING, Weight(50))
    async with asyncio.TaskGroup() as group:
        group.create_task(store.flags.set_weight(ROUTING, ZERO))
        group.create_task(store.flags.switch("materializers", off=True))
        group.create_task(store.flags.set_mirror(ROUTING, ZERO))
    assert await store.flags.get("materializers") == Flag(routing=ROUTING, off=True)
    await store.flags.switch("materializers", off=False)
    assert await store.flags.get("materializers") == Flag(routing=ROUTING)


async def test_a_flag_that_a_kill_alone_has_touched_is_off_and_not_defined(store: Store) -> None:
    await store.flags.switch("materializers", off=True)
    found = await store.flags.get("materializers")
    assert found is not None
    assert (found.off, found.defined, found.in_force) == (True, False, ZERO)
    await store.flags.set_weight(ROUTING, Weight(1))
    found = await store.flags.get("materializers")
    assert found == Flag(routing=ROUTING, weight=Weight(1), off=True)
    assert found.in_force == ZERO


async def test_decisions_of_all_processes_are_added_up_within_a_time(store: Store) -> None:
    other = (await store.beside()).flags
    await store.flags.count({("a", CANARY): 2, ("a", STABLE): 3, ("b", STABLE): 7}, NOW)
    await other.count({("a", CANARY): 1}, NOW + timedelta(seconds=1))
    await other.count({("a", CANARY): 40}, NOW + timedelta(minutes=5))
    await other.count({}, NOW)
    soon = NOW - timedelta(seconds=30), NOW + timedelta(seconds=30)
    assert await store.flags.counted("a", *soon) == {CANARY: 3, STABLE: 3}
    assert await store.flags.counted("b", *soon) == {CANARY: 0, STABLE: 7}
    assert await store.flags.counted("c", *soon) == {CANARY: 0, STABLE: 0}
