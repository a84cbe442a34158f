"""A fleet under pressure: every check hanging in its source, a store that can be shut, and far sides that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.domain.kinds import Kind, Kinds
from bot.domain.machine import State
from bot.domain.planning.reading import digest, read_plan
from bot.domain.rollout import Person, Rollout
from bot.domain.units import Weight
from bot.engine.cards import kill_card
from bot.engine.methods import Pace
from bot.engine.telling import first_status
from bot.ports import Answer, Change, Question, Sample, StoreAway
from bot.wiring import Engine, Wiring
from storage.database import DEADLINE_S, Database, T, Work, open_database
from storage.spool import KillFolder
from tests.fakes.traffic import FakeKill, FakeTraffic, FarSide
from tests.rig import ANA, START, Ask, Nothing, OnePlan, People, Rig, tree
from tests.sqlite import sqlite_in

GENEROUS_S = 20.0
"""Nothing here is measured: what doesn't come in this time doesn't come."""
QUICK = Pace(method_s=0.25, read_back_s=0.02, again_s=0.05)
"""A method's ten seconds as a quarter of one."""
PERCENT = Weight(10)


@dataclass
class HangingSource:
    """Answers nothing until it's let go; then `number` to every question, or that there's nothing."""

    number: float | None = None
    asked: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, question: Question, at: datetime) -> Answer:
        self.asked += 1
        await self.go.wait()
        return () if self.number is None else (Sample(self.number, at),)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        return await self.ask(question, end)

    async def aclose(self) -> None:
        """Nothing is kept open."""


class ShutDatabase(Database):
    """A real store, until it's shut: `hanging` gives no answer, `away` is raised at once."""

    def __init__(self, real: Database) -> None:
        self.real = real
        self.hanging: asyncio.Event | None = None
        self.away = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def write(self, work: Work[T], *, within_s: float = DEADLINE_S, urgent: bool = False) -> T:
        await self._trouble()
        return await self.real.write(work, within_s=within_s, urgent=urgent)

    async def read(self, work: Work[T], *, within_s: float = DEADLINE_S) -> T:
        await self._trouble()
        return await self.real.read(work, within_s=within_s)

    async def aclose(self) -> None:
        await self.real.aclose()

    def hang(self) -> None:
        self.hanging = asyncio.Event()

    def heal(self) -> None:
        if self.hanging is not None:
            self.hanging.set()
        self.hanging, self.away = None, ""

    async def _trouble(self) -> None:
        if self.hanging is not None:
            await self.hanging.wait()
        if self.away:
            raise StoreAway(self.away)


@dataclass
class Fleet(Rig):
    """A rig with a rollout of each plan, baking at 10 %."""

    source: HangingSource = field(default_factory=HangingSource)
    database: ShutDatabase | None = None
    rollouts: Sequence[Rollout] = ()
    patience_s: float = GENEROUS_S
    acting: list[asyncio.Task[Any]] = field(default_factory=list)

    def begin(self, doing: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Somebody does something; it's ended with the fleet at the latest."""
        task = asyncio.create_task(doing)
        self.acting.append(task)
        return task

    @property
    def store(self) -> ShutDatabase:
        assert self.database is not None
        return self.database

    async def all_hang(self) -> None:
        """Every rollout is being checked, and its source gives no answer."""
        assert await self.engine.ticker.tick() == len(self.rollouts)
        async with asyncio.timeout(GENEROUS_S * 3):
            while self.source.asked < len(self.rollouts):
                await asyncio.sleep(0.01)

    async def is_off(self, number: int) -> None:
        """Every method of a rollout's first tier, and its weight, were asked for; whatever else goes on."""
        await self.reached(self.kills[number].far, "engage")
        await self.reached(self.traffic[number].far, "apply 0%")

    async def reached(self, far: FarSide, call: str) -> None:
        """This call came to that far side."""
        try:
            async with asyncio.timeout(self.patience_s):
                await far.until_called(call)
        except TimeoutError:
            raise AssertionError(f"a kill didn't come to '{call}': {far.calls}") from None

    async def becomes(self, true: Callable[[], bool], otherwise: str) -> None:
        """Something becomes true."""
        try:
            async with asyncio.timeout(self.patience_s):
                while not true():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(otherwise) from None

    async def on_record(self, rollout: Rollout, kind: str) -> None:
        """A record of this kind comes."""
        try:
            async with asyncio.timeout(self.patience_s):
                while kind not in await self.kinds_on_record(rollout):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"'{kind}' never came on record") from None


def a_tree(number: int, **changes: Any) -> dict[str, Any]:
    """A plan with a target, a switch and a question of its own."""
    plan = tree(
        name=f"plan-{number}",
        traffic=[{"kind": "fake", "number": number}],
        kill_switch=[[{"kind": "fake", "number": number}]],
    )
    plan["metrics"]["success"] = {**plan["metrics"]["success"], "number": f"success {number}"}
    return {**plan, **changes}


@asynccontextmanager
async def fleet(
    folder: Path,
    count: int = 1,
    *,
    switches: int = 0,
    plan: dict[str, Any] | None = None,
    patience_s: float = GENEROUS_S,
) -> AsyncIterator[Fleet]:
    """`count` live rollouts with their kill cards; `plan` takes the place of the first one's."""
    traffic = [FakeTraffic(target=f"fake traffic {number}", weight=PERCENT) for number in range(count)]
    kills = [FakeKill(target=f"fake switch {number}") for number in range(max(count, switches))]
    source = HangingSource()
    kinds = Kinds(
        sources={"numbers": Kind(Nothing, lambda options, environment: source, ask=Ask)},
        traffic={"fake": Kind(Nothing, lambda options, environment: traffic[getattr(options, "number", 0)])},
        kill={"fake": Kind(Nothing, lambda options, environment: kills[getattr(options, "number", 0)])},
    )
    trees = [a_tree(number) for number in range(count)]
    if plan is not None:
        trees[0] = plan
    people = People({ANA: {"@sre"}})
    plans = OnePlan({str(each["name"]): each for each in trees}, kinds)
    database = ShutDatabase(await open_database(sqlite_in(folder)))
    story: list[Fleet] = []
    wiring = Wiring(
        kinds=kinds,
        plans=plans,
        environment={},
        database=database,
        files=KillFolder(folder / "state"),
        directory=people,
        clock=lambda: story[0].now,
        kill_pace=QUICK,
    )
    engine = wiring.engine()
    numbers: Any = source
    story.append(
        Fleet(engine, numbers, traffic, kills, people, plans, source=source, database=database, patience_s=patience_s)
    )
    try:
        story[0].rollouts = [await _launch(engine, each, kinds) for each in trees]
        yield story[0]
    finally:
        source.go.set()
        database.heal()
        for task in story[0].acting:
            task.cancel()
        await asyncio.gather(*story[0].acting, return_exceptions=True)
        await engine.aclose()
        await database.aclose()


async def _launch(engine: Engine, each: dict[str, Any], kinds: Kinds) -> Rollout:
    """A rollout as it stands after its first stage was confirmed, with its card on the disk."""
    plan = read_plan(each, "production", kinds)
    rollout = Rollout(
        id=f"{plan.name}-1",
        plan=plan.name,
        plan_digest=digest(each, "production"),
        service=plan.service,
        environment="production",
        version="v2",
        requester=Person(id=ANA),
        involved=(ANA,),
        started_at=START,
        state=State.BAKING,
        confirmed=PERCENT,
        approved=PERCENT,
        target=PERCENT,
        seen_weight=PERCENT,
        shifted_at=START,
        entered_at=START,
        counted_at=START,
        former={method.name: await method.act.former() for method in engine.equipment.gear(plan).methods},
        rehearsed_at=START,
        due_at=START,
    )
    saved = await engine.rollouts.create(rollout, each, Change(messages=(first_status(rollout),)))
    engine.ledger.know(saved, plan)
    engine.files.keep_card(kill_card(saved, plan, each, (ANA,)))
    return saved
