"""Small plans, rollouts, checks and looks for tests of the domain, and a story that tells one look at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal, Self

from bot.domain import moves, rollbacks
from bot.domain.checks import Facts, Moment, judge, tally
from bot.domain.looks import Look
from bot.domain.machine import State
from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.domain.moves import a_hold
from bot.domain.plan import Plan, Stage
from bot.domain.progress import progress, promote_when_ready
from bot.domain.rollout import Approval, BaselineValue, Check, Gate, Intent, Line, Person, Rollout, Verdict, Way
from bot.domain.slos import SloSeen
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO, Weight
from bot.domain.versions import Read, bound

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""
MINUTE = timedelta(minutes=1)
"""The interval between two checks in the small plan."""
ANA, BEN, CLEO, DORA = (Person(id=id) for id in ("U0ANA", "U0BEN", "U0CLEO", "U0DORA"))

Value = float | None
GOOD: Mapping[str, Value] = {"success": 99.5, "errors": 0.1, "latency": 2.0, "queue": 10.0, "chat": 1.0}
"""Values that pass the small plan; None stands for no data."""


def a_stage(weight: str = "1%", **changes: Any) -> dict[str, Any]:
    stage: dict[str, Any] = {
        "weight": weight,
        "settle": "0s",
        "bake": "4m",
        "promote_when": ["success > 98%"],
        "warn_unless": ["latency < 10s"],
        "rollback_when": ["success < 90%", "errors > 5%"],
    }
    return {**stage, **changes}


def a_plan(*stages: dict[str, Any], **changes: Any) -> Plan:
    """The small plan: 1 → 10 → 50 %, four minutes of baking each, one approval for each gate."""
    tree: dict[str, Any] = {
        "name": "materializers",
        "service": "denis",
        "channel": "#canary-live",
        "sources": {"numbers": {"kind": "numbers"}},
        "metrics": {
            "success": {"source": "numbers", "unit": "percent"},
            "errors": {"source": "numbers", "unit": "percent"},
            "latency": {"source": "numbers", "unit": "seconds"},
            "queue": {"source": "numbers", "unit": "count"},
            "share": {"source": "numbers", "unit": "ratio"},
            "seen": {"source": "numbers", "unit": "seconds"},
            "chat": {"source": "numbers", "unit": "count"},
        },
        "traffic": [{"kind": "fake"}],
        "every": {"check": "1m", "snapshot": "5m"},
        "no_data": {"after": "10m", "then": "hold"},
        "gate": {"expires": "4h", "then": "hold"},
        "stages": list(stages) or [a_stage("1%"), a_stage("10%"), a_stage("50%")],
    }
    return Plan.model_validate({**tree, **changes})


FAILING: dict[str, Any] = {"success": 97.0}
BREACHING: dict[str, Any] = {"errors": 9.0}
BLIND: dict[str, Any] = {"success": None}
SLOW: dict[str, Any] = {"latency": 12.0}
"""What a check sees, beside what is well, by what it comes to in that plan."""


def one_special_stage(**changes: Any) -> Plan:
    """A plan whose first stage is special, and that has a second one."""
    return a_plan(a_stage("1%", **changes), a_stage("10%"))


def one_stage(**changes: Any) -> Stage:
    return a_plan(a_stage(**changes)).stages[0]


def a_rollout(**changes: Any) -> Rollout:
    facts: dict[str, Any] = {
        "id": "materializers-1",
        "plan": "materializers",
        "plan_digest": "d1",
        "service": "denis",
        "environment": "production",
        "version": "v2",
        "requester": ANA,
        "involved": (ANA.id,),
        "started_at": START,
        "due_at": START,
    }
    return Rollout(**{**facts, **changes})


def at_stage(plan: Plan, stage: int = 0, state: State = State.BAKING, **changes: Any) -> Rollout:
    """A rollout whose stage has just been confirmed."""
    weight = plan.stage_weight(stage)
    facts: dict[str, Any] = {
        "state": state,
        "stage": stage,
        "confirmed": weight,
        "approved": weight,
        "target": weight,
        "seen_weight": weight,
        "shifted_at": START,
        "entered_at": START,
        "counted_at": START,
    }
    return a_rollout(**{**facts, **changes})


def a_line(role: Literal["hard", "soft", "trigger"] = "hard", met: bool | None = True, **changes: Any) -> Line:
    return Line(**{"role": role, "condition": f"{role} condition", "met": met, **changes})


def a_check(verdict: Verdict = Verdict.PASS, at: datetime = START, **changes: Any) -> Check:
    return Check(**{"at": at, "stage": 0, "verdict": verdict, **changes})


def a_gate(**changes: Any) -> Gate:
    facts: dict[str, Any] = {
        "id": "g1",
        "stage": 0,
        "opened_at": START,
        "expires_at": START + timedelta(hours=4),
        "plan_digest": "d1",
        "version": "v2",
        "verdict": Verdict.PASS,
    }
    return Gate(**{**facts, **changes})


def a_yes(person: Person = BEN, *groups: str, at: datetime = START) -> Approval:
    return Approval(person=person, at=at, how="button", groups=groups)


def measured(values: Mapping[str, Value], at: datetime = START) -> dict[str, Measurement]:
    """Values as measurements; None is a source that didn't answer."""
    return {
        name: NoData(Missing.TIMEOUT, "no answer in 10 s", at) if value is None else Measured(value, at)
        for name, value in values.items()
    }


def facts_of(values: Mapping[str, Value] | None = None, at: datetime = START, **changes: Any) -> Facts:
    """The good values with some changed, as facts for a check."""
    return Facts(**{"canary": measured({**GOOD, **(values or {})}, at), **changes})


def a_baseline(value: float | None) -> BaselineValue:
    return BaselineValue(value=value, samples=30 if value else 0, taken_at=START, how="median over 30m")


@dataclass
class Story:
    """One rollout in a small world: the clock moves, values come in, people act, weights land or don't."""

    plan: Plan = field(default_factory=a_plan)
    rollout: Rollout = field(default_factory=a_rollout)
    now: datetime = START
    world: Weight = ZERO
    """The weight really in force."""
    told: list[Happening] = field(default_factory=list)
    emergency: str = ""
    ids: Any = field(default_factory=lambda: count(1))

    @classmethod
    def baking(cls, plan: Plan | None = None, stage: int = 0, **changes: Any) -> Self:
        """A story that begins when a stage has just been confirmed."""
        plan = plan or a_plan()
        return cls(plan, at_stage(plan, stage, **changes), world=plan.stage_weight(stage))

    @classmethod
    def at_gate(cls, plan: Plan | None = None, stage: int = 0) -> Self:
        story = cls.baking(plan, stage)
        return story.until(State.GATE)

    def new_id(self) -> str:
        return f"i{next(self.ids)}"

    def take(self, step: Step) -> Self:
        self.rollout = step.rollout
        self.told.extend(step.happenings)
        self.emergency = step.emergency
        return self

    def kinds(self) -> list[str]:
        return [happening.kind for happening in self.told]

    def last(self, kind: str) -> Happening:
        return next(happening for happening in reversed(self.told) if happening.kind == kind)

    # ---- looks --------------------------------------------------------------------------------------------------

    def look(
        self,
        *,
        unread: bool = False,
        stable: Mapping[str, Value] | None = None,
        complete_fails: tuple[str, ...] = (),
        version: Read | None = None,
        slos: Sequence[SloSeen] = (),
        **values: Value,
    ) -> Look:
        """What a tick would find out now."""
        stage, canary = self.plan.stages[self.rollout.stage], measured({**GOOD, **values}, self.now)
        shifted_at = self.now if self.rollout.state is State.SHIFTING else self.rollout.shifted_at or self.now
        moment = Moment(self.now, shifted_at, stage.settle or timedelta(0), self.plan.every.check)
        tallies = tally(self.rollout.tallies, self.plan, canary)
        objectives = {each.name: each for each in slos}
        facts = Facts(canary=canary, baselines=self.rollout.baselines, tallies=tallies, slos=objectives)
        check, streaks = judge(self.plan, self.rollout.stage, facts, self.rollout.streaks, moment)
        weight = None if unread or self.rollout.state is State.SHIFTING else self.world
        other = measured(stable or {}, self.now)
        blind = ("http flag: 503",) if unread else ()
        check = bound(check, self.rollout, version)
        seen = (check, streaks, tallies, weight, other, complete_fails, blind)
        return Look(self.now, self.new_id(), *seen, version=version)

    def check(self, times: int = 1, every: timedelta = MINUTE, **found: Any) -> Self:
        """Some checks, one after the other, that all find the same."""
        for _ in range(times):
            self.now += every
            self.take(progress(self.rollout, self.plan, self.look(**found)))
        return self

    def until(self, state: State, **found: Any) -> Self:
        for _ in range(100):
            if self.rollout.state is state:
                return self
            self.check(**found)
        raise AssertionError(f"it never was {state}: {self.rollout.state}, {self.rollout.check}")

    # ---- the world ----------------------------------------------------------------------------------------------

    def intent(self) -> Intent:
        if self.rollout.intent is None:
            raise AssertionError("there is no intent under way")
        return self.rollout.intent

    def lands(self) -> Self:
        """The weight that is wanted is in force and read back."""
        self.world = self.intent().weight
        if self.intent().way is Way.RAISE:
            return self.take(moves.arrive(self.rollout, self.now))
        if self.rollout.state is State.HELD:
            self.rollout = self.rollout.but(intent=None, confirmed=self.world, seen_weight=self.world)
            return self
        return self.take(rollbacks.came_down(self.rollout, self.plan, self.now))

    def gives_up(self) -> Self:
        """The raise wasn't read back in time."""
        kept = a_hold("not confirmed", self.rollout.requester.id, self.now, "unconfirmed")
        return self.take(moves.retreat(self.rollout, self.now, self.new_id(), kept))

    # ---- people -------------------------------------------------------------------------------------------------

    def approve(self, *people: Person) -> Self:
        for person in people:
            gate = self.rollout.gate
            assert gate is not None
            given = (*gate.approvals, a_yes(person, at=self.now))
            approved = self.rollout.but(gate=gate.model_copy(update={"approvals": given}))
            self.take(promote_when_ready(approved, self.plan, self.now, self.new_id()))
            if self.rollout.gate is None:
                break
        return self

    def hold(self, person: Person = BEN, lasting: timedelta | None = None) -> Self:
        kept = a_hold("asked for", person.id, self.now, "person", lasting)
        return self.take(moves.hold(self.rollout, self.now, kept, self.new_id(), person))

    def resume(self, person: Person = BEN) -> Self:
        return self.take(moves.resume(self.rollout, self.now, person))

    def roll_back(self, person: Person = BEN, reason: str = "asked for") -> Self:
        return self.take(rollbacks.roll_back(self.rollout, self.plan, self.now, self.new_id(), reason, person))
