"""Two processes over one database, step by step: what each may do while the other has it, slept, or has a wrong clock.

Each check is told to the end and raises AssertionError where the law doesn't hold.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from bot.ports import Answer, Question, Sample, TrafficState
from tests.fakes.traffic import FakeTraffic
from tests.rig import Numbers, Rig, beside, rig, tree

WITHIN_S = 20.0


@dataclass
class Slow(FakeTraffic):
    """Traffic whose calls wait where a test wants it: `hold("apply")` holds the next one until `let_go("apply")`."""

    armed: set[str] = field(default_factory=set)
    there: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    free: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def hold(self, call: str) -> None:
        """The next one waits, once."""
        self.armed.add(call)

    async def until_held(self, call: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            await self.there[call].wait()

    def let_go(self, call: str) -> None:
        self.free[call].set()

    async def until_free(self, call: str) -> None:
        if call in self.armed:
            self.armed.discard(call)
            self.there[call].set()
            await self.free[call].wait()

    async def read(self) -> TrafficState:
        await self.until_free("read")
        return await super().read()

    async def apply(self, weight: Weight) -> None:
        await self.until_free("apply")
        await super().apply(weight)

    @property
    def applied(self) -> list[str]:
        return [call for call in self.far.calls if call.startswith("apply")]


class Late:
    """Takes the place of a source: its first answer is a breach, and comes when it's let go."""

    def __init__(self, numbers: Numbers) -> None:
        self._ask = numbers.ask
        self._first = True
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def ask(self, question: Question, at: datetime) -> Answer:
        if not self._first:
            return await self._ask(question, at)
        self._first = False
        self.asked.set()
        await self.answer.wait()
        return (Sample(50.0, at),)


@asynccontextmanager
async def in_a_raise(folder: Path, at: str) -> AsyncIterator[tuple[Rig, Rollout, Slow]]:
    """One process in the raise to 1 %, held at its first `read` (before its fence) or in its `apply`."""
    async with rig(folder, tree(confirm={"within": "60s"})) as a:
        slow = Slow()
        a.traffic[0] = slow
        if at == "apply":
            slow.hold(at)
        asked: dict[str, Any] = {"version": "v2", "environment": "", "override": "", "fix": "", "observe": False}
        rollout = await a.engine.desk.start(a.request("start"), "materializers", Weight.parse("1%"), **asked)
        if at == "read":
            # Preflight reads too: the raise begins when its step is saved.
            a.engine.ledger.on_saved.insert(0, lambda saved: slow.hold(at) if saved.intent else None)
        await a.engine.ticker.tick()
        await slow.until_held(at)
        yield a, await a.load(rollout), slow


async def its_deed(story: Rig, rollout: Rollout) -> None:
    """What a look does at its end: begin the rollout's intent; and wait for what comes of that."""
    story.engine.works.begin(await story.load(rollout))
    async with asyncio.timeout(WITHIN_S):
        await story.engine.works.idle()


async def a_raise_is_one_process_s_at_a_time(folder: Path) -> None:
    async with in_a_raise(folder, "apply") as (a, rollout, slow), beside(a, folder, ahead_s=29) as b:
        await its_deed(b, rollout)
        assert slow.applied == []
        slow.let_go("apply")
        await a.engine.works.idle()
        assert slow.applied == ["apply 1%"]
        assert (await a.load(rollout)).state is State.BAKING


async def a_silent_raise_is_taken_over_and_recorded_once(folder: Path, ahead_s: float = 30) -> None:
    """Also by one whose clock is wrong while the first one is alive and well."""
    async with in_a_raise(folder, "apply") as (a, rollout, slow), beside(a, folder, ahead_s=ahead_s) as b:
        await its_deed(b, rollout)
        assert (await b.load(rollout)).state is State.BAKING
        slow.let_go("apply")
        await a.engine.works.idle()
        kinds = await a.kinds_on_record(rollout)
        assert [kinds.count(kind) for kind in ("intended", "applied", "stage_confirmed")] == [2, 1, 1]
        stands = await a.load(rollout)
        assert (stands.state, stands.confirmed, slow.weight) == (State.BAKING, Weight(1), Weight(1))


async def a_clock_a_day_ahead_holds_and_raises_nothing(folder: Path) -> None:
    """To it the raise was asked for yesterday, and no verdict is that old: back down, and held for a person."""
    async with in_a_raise(folder, "apply") as (a, rollout, slow), beside(a, folder, ahead_s=86400) as b:
        await its_deed(b, rollout)
        slow.let_go("apply")
        await a.engine.works.idle()
        await b.engine.works.idle()
        stands = await a.load(rollout)
        assert (stands.state, stands.confirmed, slow.weight) == (State.HELD, Weight(0), Weight(0))


async def one_that_wakes_up_does_not_begin_what_was_taken_over(folder: Path) -> None:
    """The second one is in its own call when the first one goes on, right before its fence."""
    async with in_a_raise(folder, "read") as (a, rollout, slow), beside(a, folder, ahead_s=30) as b:
        slow.hold("apply")
        b.engine.works.begin(rollout)
        await slow.until_held("apply")
        slow.let_go("read")
        await a.engine.works.idle()
        assert slow.applied == []
        slow.let_go("apply")
        await b.engine.works.idle()
        assert slow.applied == ["apply 1%"]
        assert (await b.load(rollout)).state is State.BAKING


async def a_way_down_waits_for_nobody(folder: Path) -> None:
    """Law 2. It is asked of one process while another is in the raise."""
    async with in_a_raise(folder, "apply") as (a, rollout, slow), beside(a, folder) as b:
        await b.engine.desk.rollback(b.request("rollback"), rollout.id, "smoke")
        await b.engine.works.idle()
        assert (await b.load(rollout)).state is State.ROLLED_BACK
        slow.let_go("apply")
        await a.engine.works.idle()
        assert slow.weight == Weight(0)


async def a_look_that_slept_over_its_claim_decides_nothing(folder: Path) -> None:
    """Law 1. It measured a breach, long ago; nobody has looked since."""
    async with rig(folder) as story:
        rollout = await story.start()
        assert rollout.state is State.BAKING
        late = Late(story.numbers)
        story.numbers.ask = late.ask  # type: ignore[method-assign]
        story.now += timedelta(minutes=1)
        await story.engine.ticker.tick()
        async with asyncio.timeout(WITHIN_S):
            await late.asked.wait()
        story.now += timedelta(seconds=30)
        late.answer.set()
        await story.engine.ticker.idle()
        assert (await story.load(rollout)).revision == rollout.revision
        await story.settle()
        assert (await story.load(rollout)).state is State.BAKING
        assert (await story.load(rollout)).revision > rollout.revision
