"""Law 6 across processes: two engines over one database, neither of which knows what the other remembers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.errors import StaleClick
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from bot.ports import Delivery
from tests.rig import BEN, CLEO, Rig, again, rig

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[tuple[Rig, Rig, Rollout]]:
    """Both at the gate to 10 %."""
    async with rig(folder) as one:
        rollout = await one.until_gate(await one.start())
        async with again(one, folder) as other:
            yield one, other, rollout


async def _settled(one: Rig, other: Rig) -> None:
    for _ in range(2):
        await asyncio.gather(one.settle(), other.settle())


async def test_a_delivery_that_two_processes_receive_is_taken_in_once(tmp_path: Path) -> None:
    """The same envelope, on the sockets of both."""
    async with two(tmp_path) as (one, other, _):
        delivery = Delivery("event:Ev1", one.now, {"verb": "hold"})
        taken = await asyncio.gather(*(each.engine.inbox.take(delivery) for each in (one, other, one, other)))
        assert sorted(taken) == [False, False, False, True]


async def test_two_approvers_at_two_processes_make_one_promotion(tmp_path: Path) -> None:
    """In the same moment; the later one is told, and the weight is asked for once."""
    async with two(tmp_path) as (one, other, rollout):
        answers = await asyncio.gather(
            one.engine.desk.approve(one.yes(rollout, BEN), rollout.id),
            other.engine.desk.approve(other.yes(rollout, CLEO), rollout.id),
            return_exceptions=True,
        )
        await _settled(one, other)
        assert sum(isinstance(answer, StaleClick) for answer in answers) == 1
        rollout = await one.load(rollout)
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(10))
        kinds = await one.kinds_on_record(rollout)
        assert (kinds.count("promoted"), kinds.count("approved"), kinds.count("applied")) == (1, 1, 2)
        assert one.traffic[0].far.calls.count("apply 10%") == 1


async def test_one_kill_by_two_processes_is_one_kill(tmp_path: Path) -> None:
    """The same click, which both act on at once (law 2): thrown twice at worst, on record once."""
    async with two(tmp_path) as (one, other, rollout):
        click = one.request("kill", BEN)
        await asyncio.gather(*(each.engine.desk.kill(click, rollout.id, "fire") for each in (one, other)))
        for step in (one, other):
            await step.minutes(0.1, step_s=2)
        rollout = await one.load(rollout)
        assert (rollout.state, one.traffic[0].weight.percent, one.kills[0].standing) == (State.KILLED, 0, "off")
        kinds = await one.kinds_on_record(rollout)
        assert (kinds.count("killing"), kinds.count("killed")) == (1, 1)
        assert await one.engine.desk.verify(rollout) is None


async def test_a_rollback_by_two_processes_is_one_rollback(tmp_path: Path) -> None:
    """By two people, each at a process of his own."""
    async with two(tmp_path) as (one, other, rollout):
        await asyncio.gather(
            one.engine.desk.rollback(one.request("rollback", BEN), rollout.id, ""),
            other.engine.desk.rollback(other.request("rollback", CLEO), rollout.id, ""),
        )
        await _settled(one, other)
        rollout = await one.load(rollout)
        assert (rollout.state, one.traffic[0].weight.percent) == (State.ROLLED_BACK, 0)
        kinds = await one.kinds_on_record(rollout)
        assert (kinds.count("rolling_back"), kinds.count("rolled_back")) == (1, 1)
