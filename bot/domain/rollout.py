"""One rollout as a frozen value: where it stands, its clocks, its counts. Changes are copies."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator

from bot.domain.machine import State
from bot.domain.units import ZERO, Weight


class Verdict(StrEnum):
    """What a check says, worst first."""

    BREACH = "breach"
    NO_DATA = "no_data"
    FAIL = "fail"
    WARN = "warn"
    PASS = "pass"

    @property
    def promotable(self) -> bool:
        return self in (Verdict.PASS, Verdict.WARN)


class Value(BaseModel):
    """Frozen, stored as JSON inside the rollout's row."""

    model_config = ConfigDict(frozen=True)


class Person(Value):
    """Who acted: a Slack user id, or `shell:NAME`, `alertmanager`, `perch`."""

    id: str
    name: str = ""


PERCH = Person(id="perch", name="Perch")


Role = Literal["hard", "soft", "trigger"]


class Line(Value):
    """One condition's outcome in a check, ready to be shown and kept as evidence."""

    role: Role
    condition: str
    metric: str = ""
    met: bool | None = None
    """For hard and soft: it holds. For a trigger: it fired. None: no data."""
    value: float | None = None
    unit: str = ""
    threshold: float | None = None
    reference: float | None = None
    detail: str = ""
    since: datetime | None = None
    counts: bool = True
    """False while it is only shown: the stage settles, or the condition's `after` hasn't come."""


class Check(Value):
    """One evaluation of all conditions of a stage."""

    at: datetime
    stage: int
    verdict: Verdict
    settling: bool = False
    lines: tuple[Line, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether hard conditions count already; while a stage settles only triggers speak."""
        return not self.settling or any(line.counts for line in self.lines if line.role == "hard")

    @property
    def warnings(self) -> frozenset[str]:
        """Soft conditions that aren't met or lack data."""
        soft = [line for line in self.lines if line.role == "soft" and line.counts]
        return frozenset(line.condition for line in soft if line.met is not True)


class Streak(Value):
    """How long, and how many checks in a row, a condition has been seen true."""

    since: datetime | None = None
    last: datetime | None = None
    times: int = 0
    looked: datetime | None = None
    """The newest check, one without data included: tells no data from nobody looking."""


class Tally(Value):
    """Good answers out of all, since the stage's traffic was confirmed."""

    good: int = 0
    total: int = 0


class Approval(Value):
    """One person's yes to one gate. `groups` are the approver groups the person stood for at that time."""

    person: Person
    at: datetime
    how: Literal["button", "reaction", "verb", "shell"]
    groups: tuple[str, ...] = ()


class Gate(Value):
    """The point after bake where promotion needs a fresh pass and approvals (X2: bound to what was shown)."""

    id: str
    stage: int
    opened_at: datetime
    expires_at: datetime
    plan_digest: str
    version: str
    verdict: Verdict
    warnings: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    escalated: bool = False


HoldThen = Literal["hold", "rollback", "kill"]
HoldCause = Literal[
    "person",
    "on_fail",
    "no_data",
    "drift",
    "unconfirmed",
    "both_sides",
    "gate",
    "limit",
    "restored",
    "breach",
    "freeze",
]


class Hold(Value):
    """Why progress stopped, whose it is, until when, and what happens then."""

    why: str
    owner: str
    since: datetime
    until: datetime | None = None
    then: HoldThen = "hold"
    cause: HoldCause


class Frozen(Value):
    """The freeze that covers a rollout: nothing of it rises. `service` is "" where everything is frozen."""

    freeze: str
    service: str
    why: str
    by: Person
    until: datetime | None = None
    """None: until somebody lifts it."""

    def stands(self, now: datetime) -> bool:
        return self.until is None or now < self.until


class Way(StrEnum):
    """Which way an intent moves traffic."""

    RAISE = "raise"
    LOWER = "lower"


class Intent(Value):
    """A traffic change, on record before it is made. Its id is the fence: an act downward replaces or removes it,

    and a raise whose intent is no longer the rollout's own may not begin, and is undone when it lands (law 7).
    """

    id: str
    way: Way
    weight: Weight
    before: Weight
    made_at: datetime
    reason: str
    by: str = ""
    """Who asked for it, where a person did."""
    attempts: int = 0

    @field_validator("weight", "before", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return Weight(float(value)) if isinstance(value, int | float) else value

    @field_serializer("weight", "before")
    def _write(self, value: Weight) -> float:
        return value.percent


class MethodOutcome(Value):
    """How one kill method, or one traffic target, ended."""

    name: str
    tier: int
    applied_at: datetime | None = None
    read_back_at: datetime | None = None
    fault: str = ""

    @field_validator("name")
    @classmethod
    def _read_name(cls, value: str) -> str:
        return once(value)


def once(name: str) -> str:
    """A kill method's name. Version 0.1.0 wrote the kind twice where a target's name begins with it."""
    kind, _, rest = name.partition(" ")
    return rest if rest == kind or rest.startswith(f"{kind} ") else name


class Kill(Value):
    """A kill under way or done: who, when, and the three times."""

    by: Person
    reason: str
    asked_at: datetime
    tier: int = 0
    widened_at: datetime | None = None
    """When the present tier was added to the first; each tier has its own time."""
    applied_at: datetime | None = None
    read_back_at: datetime | None = None
    measured_at: datetime | None = None
    not_measured: str = ""
    outcomes: tuple[MethodOutcome, ...] = ()
    lands_by: datetime | None = None
    """Until when a raise that was under way may still land; nobody calls the kill done before."""


class BaselineValue(Value):
    """A metric's baseline, frozen with the rollout. `value` is None where it couldn't be taken, with why."""

    value: float | None
    samples: int
    taken_at: datetime
    how: str


class Rollout(Value):
    """One execution of a plan, for one version of the thing rolled out."""

    id: str
    plan: str
    plan_digest: str
    service: str
    environment: str
    version: str
    mode: Literal["live", "observe"] = "live"
    requester: Person
    started_at: datetime
    revision: int = 0

    state: State = State.PREFLIGHT
    stage: int = 0
    confirmed: Weight = ZERO
    """The last weight that was read back."""
    approved: Weight = ZERO
    """The highest weight that anybody approved and that is still allowed; never exceeded."""
    target: Weight = ZERO
    """Where a move under way is going."""
    intent: Intent | None = None

    shifted_at: datetime | None = None
    """When the present weight was confirmed: settle, bake and `after` count from here."""
    entered_at: datetime | None = None
    baked: timedelta = timedelta(0)
    extended: timedelta = timedelta(0)
    clean: timedelta = timedelta(0)
    counted_at: datetime | None = None
    """Up to when baked and clean were counted."""
    retries: int = 0
    streaks: dict[str, Streak] = Field(default_factory=dict)
    tallies: dict[str, Tally] = Field(default_factory=dict)
    check: Check | None = None
    no_data_since: datetime | None = None
    no_data_told: bool = False
    baselines: dict[str, BaselineValue] = Field(default_factory=dict)

    gate: Gate | None = None
    hold: Hold | None = None
    frozen: Frozen | None = None
    """As it was last told; the fence of a raise reads freezes afresh."""
    resumed_at: datetime | None = None
    involved: tuple[str, ...] = ()
    """Who started, resumed or overrode in this stage: they may not approve leaving it (four eyes)."""
    early: str = ""
    """The reason of a person who ended this stage's bake early (break-glass)."""

    kill: Kill | None = None
    former: dict[str, str] = Field(default_factory=dict)
    """What each kill method's target held before the start: `rearm` puts it back."""
    rehearsed_at: datetime | None = None
    """When the kill was last rehearsed; `rehearsal_faults` is what it couldn't reach then."""
    rehearsal_faults: tuple[str, ...] = ()
    reason: str = ""
    """Why it ended, or is ending: fit to forward."""
    verify_left: tuple[str, ...] = ()
    verify_since: datetime | None = None
    checkpoints: tuple[str, ...] = ()
    snapshot_at: datetime | None = None
    seen_weight: Weight | None = None
    """What the outside world said at the last check."""
    unread_since: datetime | None = None
    """Since when some traffic target can't be read: meanwhile drift can't be seen."""
    unread_told: bool = False
    due_at: datetime
    ended_at: datetime | None = None
    cooldown_until: datetime | None = None
    rearmed_at: datetime | None = None
    """When the former values were put back after a kill; until then the plan can't start."""

    @field_validator("confirmed", "approved", "target", "seen_weight", mode="before")
    @classmethod
    def _read_weight(cls, value: Any) -> Any:
        return Weight(float(value)) if isinstance(value, int | float) else value

    @field_validator("former")
    @classmethod
    def _read_former(cls, value: dict[str, str]) -> dict[str, str]:
        return {once(name): former for name, former in value.items()}

    @field_serializer("confirmed", "approved", "target", "seen_weight")
    def _write_weight(self, value: Weight | None) -> float | None:
        return None if value is None else value.percent

    def but(self, **changes: Any) -> Rollout:
        """A changed copy."""
        return self.model_copy(update=changes)

    @property
    def live(self) -> bool:
        """Still under way; a plan has at most one such rollout per environment."""
        return self.state.live

    @property
    def watched(self) -> bool:
        """Still to be looked at by the tick: live, or ended with a verification outstanding."""
        return self.state.live or bool(self.verify_left)
