"""Two processes over one database, step by step: what each may do while the other has it, slept, or has a wrong clock.

Each check is told to the end and raises AssertionError where the law doesn't hold.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.errors import NotNow
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import Weight
from bot.engine.requests import Start
from bot.ports import Answer, Question, Sample, Spooled, TrafficState
from tests.fakes.traffic import FakeKill, FakeTraffic
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


@dataclass
class Sleepy(FakeKill):
    """A switch; the first order to put it back is on its way for as long as a test wants."""

    began: asyncio.Event = field(default_factory=asyncio.Event)
    lands: asyncio.Event = field(default_factory=asyncio.Event)

    async def restore(self, former: str) -> None:
        if not self.began.is_set():
            self.began.set()
            await self.lands.wait()
        await super().restore(former)


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
        rollout = await a.engine.desk.start(
            a.request("start"), Start(plan="materializers", weight=Weight.parse("1%"), version="v2")
        )
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


@asynccontextmanager
async def in_a_rearm(folder: Path) -> AsyncIterator[tuple[Rig, Rollout, Sleepy, asyncio.Task[Sequence[Rollout]]]]:
    """A killed rollout, and one process whose order to put the switch back is on its way."""
    async with rig(folder, tree(cooldown="0s")) as a:
        switch = Sleepy()
        a.kills[0] = switch
        rollout = await a.start()
        await _killed(a, rollout)
        rearming = asyncio.create_task(a.engine.desk.rearm(a.request("rearm"), rollout.id))
        async with asyncio.timeout(WITHIN_S):
            await switch.began.wait()
        yield a, rollout, switch, rearming


async def a_rearm_that_lands_after_a_newer_kill_is_undone_and_told(folder: Path) -> None:
    """Law 7: the other process has rearmed meanwhile, and what was started then was killed."""
    async with in_a_rearm(folder) as (a, rollout, switch, rearming), beside(a, folder) as b:
        await b.engine.desk.rearm(b.request("rearm"), rollout.id)
        a.traffic[0].weight = Weight(0)
        newer = await b.start()
        await _killed(b, newer)
        switch.lands.set()
        async with asyncio.timeout(WITHIN_S):
            await rearming
        assert switch.standing == "off", "a kill stands on record, and its switch was put back"
        assert (await b.kinds_on_record(newer)).count("late_rearm") == 1
        assert (await a.kinds_on_record(rollout)).count("rearmed") == 1


async def a_rearm_that_was_overtaken_calls_nobody(folder: Path) -> None:
    """Law 6: it slept between its record and its call, and another process has done it meanwhile."""
    async with rig(folder, tree(cooldown="0s")) as a, beside(a, folder) as b:
        rollout = await a.start()
        await _killed(a, rollout)
        note = a.engine.ledger.rollouts.note

        async def slowly(*noted: object) -> None:
            await note(*noted)  # type: ignore[arg-type]
            await b.engine.desk.rearm(b.request("rearm"), rollout.id)

        a.engine.ledger.rollouts.note = slowly  # type: ignore[method-assign,assignment]
        with suppress(NotNow):
            await a.engine.desk.rearm(a.request("rearm"), rollout.id)
        assert a.kills[0].far.calls.count("restore") == 1


async def _killed(story: Rig, rollout: Rollout) -> None:
    await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
    for _ in range(4):
        await story.minutes(0.05, step_s=1)
    assert (await story.load(rollout)).state is State.KILLED


async def a_rearm_that_meets_a_kill_in_the_spool_leaves_it_engaged(folder: Path) -> None:
    """Law 7: a shell has killed anew, and no record knows of it yet."""
    async with in_a_rearm(folder) as (a, rollout, switch, rearming):
        plan, where = rollout.plan, rollout.environment
        act = Spooled(
            key="1",
            what="kill",
            rollout=rollout.id,
            plan=plan,
            environment=where,
            by="shell:root",
            by_name="",
            reason="",
            at=a.now,
        )
        assert a.engine.files.begin(act)
        switch.standing = "off"
        switch.lands.set()
        async with asyncio.timeout(WITHIN_S):
            await rearming
        assert switch.standing == "off", "a kill lies in the spool, and its switch was put back"
        assert "rearmed" not in await a.kinds_on_record(rollout)
