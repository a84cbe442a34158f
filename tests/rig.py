"""The whole engine over a real database, with fakes for the world and a clock that a test sets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.domain.errors import UnknownPlan
from bot.domain.kinds import Kind, Kinds
from bot.domain.machine import State
from bot.domain.measurements import Missing, NoData
from bot.domain.plan import Plan
from bot.domain.planning.actions import Lasts
from bot.domain.planning.reading import read_plan, thaw_plan
from bot.domain.rollout import Person, Rollout
from bot.domain.signatures import Signer
from bot.domain.units import Weight
from bot.engine.requests import Request, Start
from bot.engine.tick import LEASE_S
from bot.ports import Answer, Notifier, Outgoing, Posted, Question, Sample
from bot.wiring import Engine, Wiring
from storage.database import open_database
from storage.spool import KillFolder
from tests.fakes.archives import FakeArchive, FakeMailer
from tests.fakes.effects import FakeEffect
from tests.fakes.traffic import FakeKill, FakeTraffic
from tests.postgres import address_in

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Nothing(BaseModel):
    """Options of a fake kind: whatever a test writes."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Ask(BaseModel):
    """A fake question: the name of a number."""

    model_config = ConfigDict(frozen=True)

    number: str


@dataclass
class Numbers:
    """A source whose numbers a test sets. A name that isn't set is an empty answer; a NoData is given as it is."""

    values: dict[str, float | NoData | Answer] = field(default_factory=dict)
    asked: int = 0

    async def ask(self, question: Question, at: datetime) -> Answer:
        self.asked += 1
        assert isinstance(question.ask, Ask)
        name = f"{question.ask.number}@{question.side}" if question.side else question.ask.number
        value = self.values.get(name)
        match value:
            case None:
                return ()
            case NoData() | tuple():
                return value
            case _:
                return (Sample(float(value), at),)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        answer = await self.ask(question, end)
        return answer * 5 if isinstance(answer, tuple) else answer

    async def aclose(self) -> None: ...


def sick(why: Missing = Missing.UNREACHABLE) -> NoData:
    """What a source says that can't be reached."""
    return NoData(why, "refused the connection", START)


@dataclass
class People:
    """A directory: groups by user. `away` is raised instead of an answer; `hanging` gives none."""

    groups: dict[str, set[str]] = field(default_factory=dict)
    away: Exception | None = None
    hanging: bool = False

    async def groups_of(self, user: str, wanted: Sequence[str]) -> frozenset[str]:
        if self.hanging:
            await asyncio.Event().wait()
        if self.away:
            raise self.away
        return frozenset(self.groups.get(user, set()) & set(wanted))

    async def members(self, wanted: Sequence[str]) -> frozenset[str]:
        if self.hanging:
            await asyncio.Event().wait()
        if self.away:
            raise self.away
        return frozenset(user for user, groups in self.groups.items() if user in wanted or groups & set(wanted))

    async def refused(self, user: str) -> str:
        return "" if user in self.groups else "not a member of this workspace"


class OnePlan:
    """Plans, from trees in memory."""

    def __init__(self, trees: Mapping[str, dict[str, Any]], kinds: Kinds) -> None:
        self.trees = dict(trees)
        self.kinds = self._kinds = kinds

    def names(self) -> Sequence[str]:
        return sorted(self.trees)

    def find(self, name: str, environment: str = "") -> tuple[Plan, Mapping[str, Any]]:
        if name not in self.trees:
            raise UnknownPlan(name, "/canary plan")
        tree = self.trees[name]
        return read_plan(tree, environment or "production", self._kinds), tree

    def thaw(self, tree: Mapping[str, Any], environment: str) -> Plan:
        return thaw_plan(tree, environment, self._kinds)


def tree(**changes: Any) -> dict[str, Any]:
    """A small plan: 1 → 10 → 100 %, one minute between checks, four minutes of baking each."""
    stage = {
        "bake": "4m",
        "settle": "0s",
        "promote_when": ["success > 98%"],
        "warn_unless": ["latency < 10s"],
        "rollback_when": ["success < 90%", "errors > 5%"],
    }
    plan: dict[str, Any] = {
        "name": "materializers",
        "service": "denis",
        "channel": "#canary-live",
        "roles": {"operators": ["@sre"], "approvers": ["@leads"], "override": ["@leads"]},
        "sources": {"numbers": {"kind": "numbers"}},
        "metrics": {
            "success": {"source": "numbers", "unit": "percent", "number": "success"},
            "errors": {"source": "numbers", "unit": "percent", "number": "errors"},
            "latency": {"source": "numbers", "unit": "seconds", "number": "latency"},
            "new_jobs": {"source": "numbers", "unit": "count", "number": "new_jobs"},
        },
        "traffic": [{"kind": "fake"}],
        "confirm": {"within": "5s"},
        "every": {"check": "1m", "snapshot": "5m"},
        "no_data": {"after": "3m", "then": "hold"},
        "stages": [{**stage, "weight": weight} for weight in ("1%", "10%", "100%")],
        "kill_switch": [[{"kind": "fake"}]],
    }
    return {**plan, **changes}


def staged(**changes: Any) -> list[dict[str, Any]]:
    """The small plan's stages, with something changed in the first."""
    first, *rest = tree()["stages"]
    return [{**first, **changes}, *rest]


GOOD: dict[str, float | NoData | Answer] = {"success": 99.5, "errors": 0.1, "latency": 2.0, "new_jobs": 0.0}
ANA, BEN, CLEO, DEV = "U0ANA", "U0BEN", "U0CLEO", "U0DEV"


@dataclass
class Rig:
    """What a story is told with: people act, the clock moves, the world answers."""

    engine: Engine
    numbers: Numbers
    traffic: list[FakeTraffic]
    kills: list[FakeKill]
    people: People
    plans: OnePlan
    _keys: Any = field(default_factory=count)
    now: datetime = START
    effects: list[FakeEffect] = field(default_factory=list)

    def request(self, verb: str, user: str = ANA, **more: Any) -> Request:
        return Request(verb=verb, actor=Person(id=user), channel="C1", key=f"k{next(self._keys)}", at=self.now, **more)

    async def start(self, user: str = ANA, weight: str = "1%", **more: Any) -> Rollout:
        """Start, and let preflight and the first shift happen."""
        asked = {"plan": "materializers", "weight": Weight.parse(weight), "version": "v2", **more}
        rollout = await self.engine.desk.start(self.request("start", user), Start(**asked))
        await self.settle()
        return await self.load(rollout)

    async def settle(self) -> None:
        """One tick, and everything that it set going."""
        await self.engine.ticker.tick()
        await self.rest()
        await self.engine.rehearsals.idle()
        await self.engine.diagnoses.idle()

    async def rest(self) -> None:
        """Wait for what is under way, and what follows from it."""
        await self.engine.ticker.idle()
        while await self.engine.effects.idle():
            await self.engine.ticker.idle()

    async def minutes(self, number: float, step_s: float = 60) -> None:
        """Let time pass, with a tick at every step."""
        for _ in range(round(number * 60 / step_s)):
            self.now += timedelta(seconds=step_s)
            await self.settle()

    async def load(self, rollout: Rollout) -> Rollout:
        return await self.engine.rollouts.load(rollout.id)

    async def until_gate(self, rollout: Rollout) -> Rollout:
        """Bake until the gate opens."""
        for _ in range(30):
            await self.minutes(1)
            rollout = await self.load(rollout)
            if rollout.state is State.GATE:
                return rollout
        raise AssertionError(f"no gate: {rollout.state} {rollout.check}")

    def yes(self, rollout: Rollout, user: str = BEN, surface: str = "button") -> Request:
        """To the gate that stands open on the rollout as it was read."""
        return self.request("approve", user, surface=surface, gate=rollout.gate.id if rollout.gate else "")

    async def approve(self, rollout: Rollout, user: str = BEN) -> Rollout:
        await self.engine.desk.approve(self.yes(await self.load(rollout), user), rollout.id)
        await self.rest()
        return await self.load(rollout)

    async def said(self) -> list[Outgoing]:
        """Everything in the outbox, in the order in which it goes out."""
        heard: list[Outgoing] = []
        while batch := await self.engine.outbox.due(self.now + timedelta(days=9), 100):
            for queued in batch:
                heard.append(queued.outgoing)
                await self.engine.outbox.said(queued.number, Posted("C1", f"{queued.number}.0"), self.now)
        return heard

    async def kinds_on_record(self, rollout: Rollout) -> list[str]:
        return [record.kind for record in await self.engine.rollouts.records(rollout.id)]


@asynccontextmanager
async def rig(
    folder: Path,
    plan: dict[str, Any] | None = None,
    *,
    targets: int = 1,
    switches: int = 1,
    effects: int = 3,
    plans: Mapping[str, dict[str, Any]] | None = None,
    sources: Mapping[str, Kind[Any]] | None = None,
    diagnosis: Mapping[str, Kind[Any]] | None = None,
    tasks: Mapping[str, Kind[Any]] | None = None,
    archives: Mapping[str, FakeArchive] | None = None,
    notifiers: Mapping[str, Kind[Notifier]] | None = None,
    signer: Signer | None = None,
    mailer: FakeMailer | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Rig]:
    """Everything wired over a database in `folder`. `plan` is a tree, by default the small one, or `plans` several.

    `sources` are further kinds of sources: real ones; `diagnosis` is what runbooks may look at, `tasks` what stages may
    run, `archives` are destinations, each by its kind; `notifiers` are who a plan may have told; `signer` signs,
    `environment` is what plans may name.
    """
    numbers = Numbers(dict(GOOD))
    traffic = [FakeTraffic(target=f"fake traffic {index}") for index in range(targets)]
    kills = [FakeKill(target=f"fake switch {index}") for index in range(switches)]
    journal: list[str] = []
    doing = [FakeEffect(target=f"effect {index}", journal=journal) for index in range(effects)]
    people = People({ANA: {"@sre"}, BEN: {"@sre", "@leads"}, CLEO: {"@sre", "@leads"}, DEV: set()})
    kinds = replace(
        _kinds(numbers, traffic, kills, sources, diagnosis, archives, tasks, doing), notifiers=notifiers or {}
    )
    known = OnePlan(plans or {"materializers": plan or tree()}, kinds)
    world = (numbers, traffic, kills, people, known)
    more: dict[str, Any] = {"signer": signer, "mailer": mailer, "environment": environment, "effects": doing}
    async with _wired(folder, *world, START, **more) as story:
        yield story


@asynccontextmanager
async def again(former: Rig, folder: Path) -> AsyncIterator[Rig]:
    """A new process over what the former one left: the same database, files and world."""
    world = (former.numbers, former.traffic, former.kills, former.people, former.plans)
    async with _wired(folder, *world, former.now, effects=former.effects) as story:
        await story.engine.rollouts.free_leases()
        if not story.engine.rollouts.one_machine:
            # Nobody can tell there that the former one is dead, but by its silence.
            story.now += timedelta(seconds=LEASE_S)
        yield story


@asynccontextmanager
async def beside(former: Rig, folder: Path, *, ahead_s: float = 0, state: str = "state") -> AsyncIterator[Rig]:
    """Another process at the same time over the same database and world. Its clock may be wrong by `ahead_s`, and its
    folder of kill cards, `state`, another one."""
    now = former.now + timedelta(seconds=ahead_s)
    world = (former.numbers, former.traffic, former.kills, former.people, former.plans)
    async with _wired(folder, *world, now, state, effects=former.effects) as story:
        yield story


def _kinds(
    numbers: Numbers,
    traffic: list[FakeTraffic],
    kills: list[FakeKill],
    sources: Mapping[str, Kind[Any]] | None = None,
    diagnosis: Mapping[str, Kind[Any]] | None = None,
    archives: Mapping[str, FakeArchive] | None = None,
    tasks: Mapping[str, Kind[Any]] | None = None,
    effects: Sequence[FakeEffect] = (),
) -> Kinds:
    def effect(options: Any, environment: object) -> FakeEffect:
        return effects[getattr(options, "number", 0)]

    return Kinds(
        archives={name: Kind(Nothing, partial(_given, archive)) for name, archive in (archives or {}).items()},
        sources={"numbers": Kind(Nothing, lambda options, environment: numbers, ask=Ask), **(sources or {})},
        traffic={
            "fake": Kind(
                Nothing,
                lambda options, environment: traffic[getattr(options, "number", 0)],
                mirror=lambda options, environment: traffic[getattr(options, "number", 0)].copies,
                mirrors=lambda options: True,
            )
        },
        kill={"fake": Kind(Nothing, lambda options, environment: kills[getattr(options, "number", 0)])},
        diagnosis=diagnosis or {},
        tasks=tasks or {},
        effects={"fake": Kind(Nothing, effect), "held": Kind(Nothing, effect, lasts=Lasts.ROLLOUT)},
    )


def _given(archive: FakeArchive, options: object, environment: object) -> FakeArchive:
    return archive


@asynccontextmanager
async def _wired(
    folder: Path,
    numbers: Numbers,
    traffic: list[FakeTraffic],
    kills: list[FakeKill],
    people: People,
    plans: OnePlan,
    now: datetime,
    state: str = "state",
    signer: Signer | None = None,
    mailer: FakeMailer | None = None,
    environment: Mapping[str, str] | None = None,
    effects: Sequence[FakeEffect] = (),
) -> AsyncIterator[Rig]:
    database = await open_database(address_in(folder))
    story: list[Rig] = []
    wiring = Wiring(
        kinds=plans.kinds,
        plans=plans,
        environment=environment or {},
        database=database,
        files=KillFolder(folder / state),
        directory=people,
        clock=lambda: story[0].now,
        signer=signer,
        mailer=mailer,
    )
    engine = wiring.engine()
    engine.ledger.on_saved += [engine.diagnoses.saw, engine.tasks.saw, engine.effects.saw]
    story.append(Rig(engine, numbers, traffic, kills, people, plans, now=now, effects=[*effects]))
    try:
        yield story[0]
    finally:
        await engine.aclose()
        await database.aclose()
