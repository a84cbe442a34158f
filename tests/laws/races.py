"""The stage of the races: real engine parts, as one process or several, over one store and one world in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bot.domain.errors import PerchError
from bot.domain.evidence import verify
from bot.domain.kinds import Kind, Kinds
from bot.domain.machine import MOVES, State
from bot.domain.plan import Plan
from bot.domain.planning.reading import read_plan
from bot.domain.rollout import Person, Rollout
from bot.domain.units import ZERO, Weight
from bot.engine.actions import Mover
from bot.engine.deeds import Deeds
from bot.engine.desk import FrontDesk
from bot.engine.equipment import Equipment
from bot.engine.freezing import Freezing
from bot.engine.gather import Round
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.engine.methods import Pace
from bot.engine.obstacles import Obstacles
from bot.engine.recounting import Recounting
from bot.engine.requests import Request
from bot.engine.rights import Rights
from bot.engine.starting import Starting
from bot.engine.tick import Ticker
from bot.engine.works import Works
from bot.ports import Change, Taken, TrafficState
from tests.builders import Story
from tests.fakes.freezes import MemoryFreezes
from tests.fakes.kill_files import MemoryKillFiles
from tests.fakes.memory import MemoryOutbox, MemoryRollouts
from tests.fakes.summaries import MemorySummaries
from tests.laws.interleaving import Stopping, stop, who
from tests.rig import ANA, BEN, CLEO, GOOD, Ask, Nothing, Numbers, OnePlan, People, tree

ID = "materializers-1"
LEGAL = {(before, after) for (before, _), after in MOVES.items()}
UP_ENDS = frozenset({State.ROLLING_BACK, State.ROLLED_BACK, State.KILLING, State.KILLED, State.HELD})
"""Once one of these is on record, nobody may begin a raise."""


@dataclass
class World:
    """The far side. A call lands when its turn comes, whether or not anybody still waits for its answer."""

    weight: Weight = ZERO
    on: bool = True
    asked: list[Weight] = field(default_factory=list)
    """Each weight that was asked for, in order."""
    landed: list[Weight] = field(default_factory=list)
    """Each weight that came to stand, in order."""
    wrong: list[str] = field(default_factory=list)
    """Raises that were begun while a way down was on record."""
    record: MemoryRollouts | None = None
    _landing: set[asyncio.Task[None]] = field(default_factory=set)

    target = "fake traffic"

    async def read(self) -> TrafficState:
        await stop("read")
        return TrafficState(self.weight, f"weight = {self.weight}")

    async def apply(self, weight: Weight) -> None:
        self.asked.append(weight)
        if weight > self.weight and self.record is not None:
            state = self.record._rollout(ID).state
            if state in UP_ENDS:
                self.wrong.append(f"{who.get()} begins to raise to {weight} while {state.value} is on record")
        landing = asyncio.get_running_loop().create_task(self._land(weight))
        self._landing.add(landing)
        await asyncio.shield(landing)

    async def _land(self, weight: Weight) -> None:
        await stop("lands")
        self.weight = weight
        self.landed.append(weight)

    async def rehearse(self) -> str:
        return "the fake answers"

    async def former(self) -> str:
        return "was on"

    async def engage(self) -> None:
        await stop("engage")
        self.on = False

    async def engaged(self) -> bool:
        return not self.on

    async def restore(self, former: str) -> None:
        self.on = True

    async def aclose(self) -> None: ...


class Recorded(MemoryRollouts):
    """The store, which also looks at each save: is the move one of the table's?"""

    def __init__(self, *rest: Any) -> None:
        super().__init__(*rest)
        self.wrong: list[str] = []

    async def save(self, rollout: Rollout, change: Change) -> Rollout:
        before = self._rollout(rollout.id)
        saved = await super().save(rollout, change)
        steps = _states(before.state)
        if rollout.state not in steps:
            self.wrong.append(f"{before.state.value} became {rollout.state.value}")
        return saved


def _states(before: State) -> set[State]:
    """Where one save may lead: it may take several moves of the table (a gate that opens and is used at once)."""
    seen, new = {before}, {before}
    while new:
        new = {after for (state, after) in LEGAL if state in new} - seen
        seen |= new
    return seen


class SharedLeases:
    """Leases in memory, of all processes; this one's `me` takes them."""

    def __init__(self, held: dict[str, tuple[str, datetime]], me: str) -> None:
        self._held, self._me = held, me

    async def take(self, name: str, now: datetime, lease_s: float) -> Taken:
        await stop("take")
        owner, until = self._held.get(name, ("", now))
        if owner not in ("", self._me) and until > now:
            return Taken.NO
        self._held[name] = (self._me, now + timedelta(seconds=lease_s))
        match owner:
            case "":
                return Taken.NEW
            case self._me:
                return Taken.KEPT
            case _:
                return Taken.OVER


@dataclass
class Process:
    """One Perch: its own caches, clock and deeds, over what all share."""

    desk: FrontDesk
    ticker: Ticker
    works: Works
    switch: KillSwitch
    freezing: Freezing
    ledger: Ledger

    async def look(self) -> None:
        """One tick, and all that it set going."""
        await self.ticker.tick()
        await self.ticker.idle()


@dataclass
class Stage:
    """A rollout somewhere in its life, and one or more processes that look after it."""

    plan: Plan
    trees: dict[str, Any]
    world: World
    began: datetime
    processes: list[Process] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    numbers: Numbers = field(default_factory=lambda: Numbers(dict(GOOD)))
    _keys: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        self.outbox = MemoryOutbox()
        self.store = Recorded(self.clock, self.outbox)
        self.world.record = self.store
        self.files, self.leases = MemoryKillFiles(), dict[str, tuple[str, datetime]]()
        self.freezes = MemoryFreezes(self.store, self.outbox)

    def clock(self) -> datetime:
        return self.began + timedelta(seconds=asyncio.get_running_loop().time())

    def process(self) -> Process:
        """One more process over the same store and world."""
        numbers, world = self.numbers, self.world
        kinds = Kinds(
            sources={"numbers": Kind(Nothing, lambda options, environment: numbers, ask=Ask)},
            traffic={"fake": Kind(Nothing, lambda options, environment: world)},
            kill={"fake": Kind(Nothing, lambda options, environment: world)},
        )
        plans = OnePlan({"materializers": self.trees}, kinds)
        groups = {ANA: {"@sre"}, BEN: {"@sre", "@leads"}, CLEO: {"@sre", "@leads"}}
        ledger = Ledger(Stopping(self.store), plans, self.clock)
        equipment, rights = Equipment(kinds, {}), Rights(People(groups))
        freezes: Any = Stopping(self.freezes)
        freezing = Freezing(freezes, ledger, plans, rights, self.files)
        switch = KillSwitch(self.files, equipment, ledger, self.clock, Pace(read_back_s=0.1))
        me = f"process {len(self.processes)}"

        async def look(plan: Plan, gear: Any, name: str) -> Any:
            return (await Round(self.clock(), kinds).metrics(plan, gear.sources, [name]))[name]

        mover = Mover(ledger, equipment, self.files, freezes, look, rights.members)
        works = Works(Deeds(mover.carry_out, SharedLeases(self.leases, me), ledger).carry_out)
        ledger.on_saved.append(works.begin)
        starting = Starting(ledger, plans, rights, Obstacles(ledger, plans, equipment, switch, freezes))
        recounting = Recounting(MemorySummaries(self.store), ledger, self.clock)
        desk = FrontDesk(ledger, plans, rights, starting, switch, equipment, freezing, recounting)
        ticker = Ticker(ledger, equipment, kinds, works, switch, self.clock, me)
        ledger.know(self.now(), self.plan)
        one = Process(desk, ticker, works, switch, freezing, ledger)
        self.processes.append(one)
        return one

    def now(self) -> Rollout:
        """The rollout as it is on record."""
        return self.store._rollout(ID)

    def request(self, verb: str, by: str = BEN, **more: Any) -> Request:
        key = more.pop("key", f"k{next(self._keys)}")
        return Request(verb=verb, actor=Person(id=by), channel="C1", key=key, at=self.clock(), **more)

    # ---- who does what --------------------------------------------------------------------------------------------

    async def race(self, **actors: Awaitable[Any]) -> None:
        """All at once, each under his name; then everything that they set going, and some checks afterwards."""
        async with asyncio.TaskGroup() as group:
            for name, doing in actors.items():
                group.create_task(self._heard(name, doing))
        await self.rest()

    async def _heard(self, name: str, doing: Awaitable[Any]) -> None:
        who.set(name)
        try:
            await doing
            self.answers.append(f"{name}: done")
        except PerchError as refused:
            self.answers.append(f"{name}: {refused}")

    async def rest(self, minutes: int = 0) -> None:
        """Until nobody is at anything any more, and every call has landed; then so many minutes of checks."""
        who.set("afterwards")
        for one in self.processes:
            await one.ticker.idle()
        while landing := [each for each in self.world._landing if not each.done()]:
            await asyncio.wait(landing)
        for one in self.processes:
            await one.ticker.idle()
        for _ in range(minutes * 4):
            await asyncio.sleep(15)
            for one in self.processes:
                await one.look()

    # ---- what must be so afterwards ---------------------------------------------------------------------------------

    async def sound(self) -> None:
        """What holds after every order: legal moves, a whole record, nothing begun upward after a way down."""
        wrong = [*self.world.wrong, *self.store.wrong]
        assert not wrong, wrong
        records, head = await self.store.records(ID), await self.store.head(ID)
        broken = verify(ID, records, head)
        assert broken is None, broken
        rollout = self.now()
        assert rollout.confirmed <= rollout.approved or rollout.state.going_down, "more is confirmed than approved"

    async def is_now(self, state: State, weight: Weight) -> None:
        """So on record, and so in the world."""
        rollout = self.now()
        stands = (rollout.state, rollout.confirmed, self.world.weight)
        assert stands == (state, weight, weight), f"{stands} where {state}, {weight} is due; {self.answers}"
        assert rollout.intent is None, f"something is still wanted: {rollout.intent}"

    async def kinds(self) -> list[str]:
        return [record.kind for record in await self.store.records(ID)]


def the_plan(**changes: Any) -> dict[str, Any]:
    """The rig's small plan; a weight gets two seconds to show."""
    return tree(**{"confirm": {"within": "2s"}, "drift": "lower", **changes})


_READ: dict[str, Plan] = {}


def a_plan_of(trees: dict[str, Any]) -> Plan:
    """Reading a plan takes longer than a run, so it is read once."""
    key = repr(trees)
    if key not in _READ:
        kinds = Kinds(
            sources={"numbers": Kind(Nothing, lambda options, environment: Numbers(), ask=Ask)},
            traffic={"fake": Kind(Nothing, lambda options, environment: World())},
            kill={"fake": Kind(Nothing, lambda options, environment: World())},
        )
        _READ[key] = read_plan(trees, "production", kinds)
    return _READ[key]


async def stage_of(rollout: Rollout, now: datetime, trees: dict[str, Any], processes: int = 1) -> Stage:
    """A rollout put on record as it is, its weight in force, and so many processes that know of it."""
    stage = Stage(a_plan_of(trees), trees, World(rollout.confirmed), now)
    await stage.store.create(rollout.but(revision=0), trees, Change())
    for _ in range(processes):
        stage.process()
    return stage


def at_gate(trees: dict[str, Any] | None = None, stage: int = 0) -> Story:
    """A rollout whose gate has just opened, by its plan's own rules."""
    return Story.at_gate(a_plan_of(trees or the_plan()), stage)
