"""A shipped plan, unmodified, played to its end: the whole engine with every real adapter, and a clock set by hand.

Only addresses and secrets come from the environment. Hours of a bake in which nothing happens are left out: the test
says that they have been confirmed already, and the rest is checked minute by minute as ever.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import partial
from inspect import signature
from itertools import count
from pathlib import Path
from typing import Any

from bot.assembly import all_kinds
from bot.domain.evidence import Record
from bot.domain.kinds import Kind, Kinds
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.planning.artifacts import snapshot_at
from bot.domain.rollout import Person, Rollout
from bot.domain.steps import Step
from bot.domain.units import ZERO
from bot.engine.notifying import Notifying
from bot.engine.requests import Request, Start
from bot.ports import Clock, Posted
from bot.ports.notices import NOTIFIER
from bot.wiring import Engine, Wiring
from storage.database import open_database
from storage.plans import PlanFolder
from storage.spool import KillFolder
from tests.rig import ANA, BEN, CLEO, People
from tests.sqlite import sqlite_in

PLANS = Path(__file__).parents[2] / "plans"
LEFT = timedelta(minutes=3)
"""How much of a bake is always played."""


def the_plan(name: str) -> Plan:
    """A shipped plan as its file says it."""
    plan, _ = PlanFolder(PLANS, all_kinds()).find(name)
    return plan


@dataclass
class Played:
    """People act, time passes, and the far sides are the test's to break."""

    engine: Engine
    plan: Plan
    now: datetime
    id: str = ""
    goes_on: list[Callable[[datetime], None]] = field(default_factory=list)
    """What the world does by itself whenever time passes."""
    _keys: Any = field(default_factory=count)

    def request(self, verb: str, user: str = ANA, **more: Any) -> Request:
        return Request(verb=verb, actor=Person(id=user), channel="C1", key=f"k{next(self._keys)}", at=self.now, **more)

    async def start(self, version: str = "v2") -> Rollout:
        """Start at the first weight that serves; preflight and the first shift happen."""
        first = next((stage.weight for stage in self.plan.stages if stage.weight > ZERO), ZERO)
        asked = Start(plan=self.plan.name, weight=first, version=version)
        rollout = await self.engine.desk.start(self.request("start"), asked)
        self.id = rollout.id
        await self.settle()
        return await self.rollout()

    async def rollout(self) -> Rollout:
        return await self.engine.rollouts.load(self.id)

    async def settle(self) -> None:
        """The world goes on; one tick, and everything that it set going."""
        for each in self.goes_on:
            each(self.now)
        await self.engine.ticker.tick()
        await self.engine.ticker.idle()
        await self.engine.rehearsals.idle()
        await self.engine.diagnoses.idle()
        await self.engine.tasks.idle()
        await self.engine.effects.idle()

    async def minutes(self, number: float, step_s: float = 60) -> Rollout:
        """Let time pass, with a tick at every step."""
        for _ in range(round(number * 60 / step_s)):
            self.now += timedelta(seconds=step_s)
            await self.settle()
        return await self.rollout()

    async def until(self, *states: State, minutes: int = 30, step_s: float = 60) -> Rollout:
        rollout = await self.rollout()
        for _ in range(round(minutes * 60 / step_s)):
            if rollout.state in states:
                return rollout
            rollout = await self.minutes(step_s / 60, step_s)
        if rollout.state in states:
            return rollout
        raise AssertionError(f"never {states}: {rollout.state}, {rollout.hold}, {rollout.check}")

    async def nearly_baked(self) -> Rollout:
        """Leave out what is left of the bake, but for its last minutes, and those in which an artifact is made."""
        rollout = await self.rollout()
        stage = self.plan.stages[rollout.stage]
        for at in sorted(filter(None, map(snapshot_at, self.plan.artifacts))):
            if rollout.baked < at < stage.bake - LEFT:
                await self._leave_out(at - rollout.baked - LEFT)
                rollout = await self.minutes(LEFT.total_seconds() / 60 + 1)
        left = max(stage.bake - rollout.baked, (stage.clean_for or timedelta(0)) - rollout.clean)
        return await self._leave_out(left - LEFT)

    async def _leave_out(self, skipped: timedelta) -> Rollout:
        rollout = await self.rollout()
        assert rollout.state is State.BAKING, (rollout.state, rollout.hold)
        if skipped <= timedelta(0):
            return rollout
        self.now += skipped
        later = {"baked": rollout.baked + skipped, "clean": rollout.clean + skipped, "counted_at": self.now}
        check = rollout.check.model_copy(update={"at": self.now}) if rollout.check else None
        left_out = Step(rollout.but(**later, check=check, due_at=self.now))
        await self.engine.ledger.keep(rollout, left_out, self.plan, self.now)
        return await self.rollout()

    async def tick_all(self, user: str = BEN) -> None:
        """Wait for the gate; somebody ticks every item that people are to tick."""
        rollout = await self.until(State.GATE)
        for item in self.plan.stages[rollout.stage].checklist:
            gate = rollout.gate.id if rollout.gate else ""
            if item.auto is None:
                asked = self.request("tick", user, surface="button", gate=gate)
                await self.engine.desk.tick(asked, self.id, item.item, done=True)

    async def told(self) -> list[str]:
        """Send what waits in the outbox, and all that notifiers and mail get of it; whom it went to, beside Slack."""
        engine, heard = self.engine, []
        notifying = Notifying(engine.keepings, engine.ledger, engine.equipment.kinds, engine.keeping.wake)
        while batch := await engine.outbox.due(self.now, 500):
            for queued in batch:
                heard.append(queued.outgoing.to)
                if queued.outgoing.to.startswith(NOTIFIER):
                    await notifying.take(queued)
                await engine.outbox.said(queued.number, Posted("C1", f"{queued.number}.0"), self.now)
        while await engine.keeping.begin():
            await engine.keeping.idle()
        return [each for each in heard if each]

    async def papers_are_kept(self) -> None:
        """What the plan's `keep` says is done."""
        await self.engine.keeping.sweep()
        await self.told()

    async def approve(self, *people: str) -> Rollout:
        """Everybody in turn; the last yes moves the traffic."""
        for user in people or (BEN,):
            rollout = await self.rollout()
            assert rollout.gate is not None, (rollout.state, rollout.check)
            asked = self.request("approve", user, surface="button", gate=rollout.gate.id)
            await self.engine.desk.approve(asked, self.id)
            await self.engine.ticker.idle()
        return await self.until(State.BAKING, State.GATE, State.HELD, minutes=2, step_s=5)

    async def climb(self, *people: str) -> Rollout:
        """One stage: some checks, the bake, the gate, the approvals, and the next weight."""
        before = await self.minutes(2)
        await self.nearly_baked()
        await self.until(State.GATE)
        after = await self.approve(*people)
        assert (after.state, after.stage) == (State.BAKING, before.stage + 1), (after.state, after.hold)
        return after

    async def records(self, kind: str = "") -> list[Record]:
        found = await self.engine.rollouts.records(self.id)
        return [each for each in found if not kind or each.kind == kind]

    async def confirmed(self) -> list[float]:
        """The weights that the record says were in force, in order."""
        return [float(each.body["weight"]) for each in await self.records("stage_confirmed")]

    async def evidence_is_whole(self) -> None:
        assert await self.engine.rollouts.verify(self.id) is None
        kinds = [each.kind for each in await self.records()]
        assert len(kinds) > 5, kinds


class AtOnce:
    """A pace without waiting: what is due later is due now."""

    def now(self) -> float:
        return 0.0

    async def until(self, moment: float) -> None: ...


def by_the_clock(clock: Clock) -> Kinds:
    """Every real kind; those that look at a clock look at this one, and a burst doesn't wait for its next request."""
    kinds, given = all_kinds(), {"clock": clock, "pace": AtOnce()}

    def told(kind: Kind[Any]) -> Kind[Any]:
        wanted = {name: given[name] for name in given.keys() & signature(kind.build).parameters.keys()}
        build: Any = kind.build
        return replace(kind, build=partial(build, **wanted)) if wanted else kind

    roles = {role.name: getattr(kinds, role.name) for role in fields(kinds)}
    tables: dict[str, Any] = {role: table for role, table in roles.items() if isinstance(table, Mapping)}
    clocked: dict[str, Any] = {role: {name: told(each) for name, each in tables[role].items()} for role in tables}
    return replace(kinds, **clocked)


@asynccontextmanager
async def played(
    folder: Path,
    plan: Plan,
    environment: Mapping[str, str],
    now: datetime,
    groups: Mapping[str, set[str]] | None = None,
) -> AsyncIterator[Played]:
    """The engine over a database in `folder`. `groups` are people's by user; by default one operates, two approve."""
    roles = plan.roles
    known = groups or {
        ANA: set(roles.operators),
        BEN: {*roles.operators, *roles.approvers, *roles.override},
        CLEO: {*roles.operators, *roles.approvers, *roles.override},
    }
    story: list[Played] = []
    kinds = by_the_clock(lambda: story[0].now)
    database = await open_database(sqlite_in(folder))
    wiring = Wiring(
        kinds=kinds,
        plans=PlanFolder(PLANS, kinds),
        environment=environment,
        database=database,
        files=KillFolder(folder / "state"),
        directory=People({user: set(each) for user, each in known.items()}),
        clock=lambda: story[0].now,
    )
    engine = wiring.engine()
    engine.ledger.on_saved += [engine.diagnoses.saw, engine.tasks.saw, engine.effects.saw]
    story.append(Played(engine, plan, now))
    try:
        yield story[0]
    finally:
        await engine.aclose()
        await database.aclose()


async def climbed(story: Played) -> None:
    """One stage further, ticks included, and flags are answered as they stand then."""
    await story.minutes(2)
    await story.nearly_baked()
    await story.tick_all()
    await story.approve()
    await story.engine.flags.refresh()
