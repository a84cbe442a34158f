"""Urgent writers go first, and a writer that gives up waiting blocks nobody."""

from __future__ import annotations

import asyncio

import pytest

from storage.turns import Turns
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


async def test_urgent_goes_first_and_equals_in_order() -> None:
    turns, seen = Turns(1), []

    async def write(name: str) -> None:
        async with turns.turn(urgent=name.startswith("urgent")):
            seen.append(name)

    async with asyncio.TaskGroup() as group, turns.turn(urgent=False):
        for name in ("check 1", "check 2", "urgent 1", "check 3", "urgent 2"):
            group.create_task(write(name))
        await asyncio.sleep(0)
    assert seen == ["urgent 1", "urgent 2", "check 1", "check 2", "check 3"]


async def test_no_more_write_at_once_than_there_are_places() -> None:
    turns, now, most = Turns(2), 0, 0

    async def write() -> None:
        nonlocal now, most
        async with turns.turn(urgent=False):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    async with asyncio.timeout(HANGS_S), asyncio.TaskGroup() as group:
        for _ in range(9):
            group.create_task(write())
    assert most == 2


@pytest.mark.parametrize("woken", [False, True])
async def test_a_waiter_that_is_cancelled_passes_its_turn_on(woken: bool) -> None:
    turns = Turns(1)

    async def write() -> str:
        async with turns.turn(urgent=False):
            return "written"

    async with turns.turn(urgent=False):
        gone, next_one = asyncio.create_task(write()), asyncio.create_task(write())
        await asyncio.sleep(0)
        if not woken:
            gone.cancel()
    if woken:
        gone.cancel()
    async with asyncio.timeout(HANGS_S):
        assert await next_one == "written"
        assert await write() == "written"
    assert gone.cancelled()
