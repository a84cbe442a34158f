"""One rollout as a frozen value: where it stands, its clocks, its counts. Changes are copies."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, field_serializer, field_validator

from bot.domain.actions import Act
from bot.domain.diagnoses import Diagnosing
from bot.domain.holds import Frozen, Hold, HoldCause, HoldThen
from bot.domain.machine import State
from bot.domain.overrides import Override, Overruled
from bot.domain.person import PERCH, Person
from bot.domain.replans import Replan
from bot.domain.samples import Samples
from bot.domain.severities import Incident
from bot.domain.task_runs import TaskRun
from bot.domain.thrown import Kill, MethodOutcome, once
from bot.domain.units import ZERO, Weight
from bot.domain.value import Value
from bot.domain.verdicts import Check, Line, Role, Streak, Tally, Verdict
from bot.domain.verified import Verified, WayDown

__all__ = [
    "PERCH",
    "Act",
    "Approval",
    "Asked",
    "BaselineValue",
    "Check",
    "Diagnosing",
    "Frozen",
    "Gate",
    "Hold",
    "HoldCause",
    "HoldThen",
    "Intent",
    "Kill",
    "Line",
    "MethodOutcome",
    "Person",
    "Role",
    "Rollout",
    "Streak",
    "Tally",
    "Tick",
    "Tried",
    "TriedKind",
    "Verdict",
    "Way",
    "once",
]


class Approval(Value):
    """One person's yes to one gate. `groups` are the approver groups the person stood for at that time."""

    person: Person
    at: datetime
    how: Literal["button", "reaction", "verb", "shell"]
    groups: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    """Which of the plan's approvers the person was one of then; none for a shell, which is its own authority."""


class Tick(Value):
    """One item of a gate's checklist, ticked by a person who was shown this gate (R19)."""

    item: str
    person: Person
    at: datetime


class Gate(Value):
    """The point after bake where promotion needs a fresh pass and approvals (X2: bound to what was shown).

    Before the first stage it is the start's: there a fresh green preflight stands for the pass, and its notes for the
    warnings.
    """

    id: str
    stage: int | None
    """The stage that is left by it; None at the start's gate, which leads into the first one."""
    opened_at: datetime
    expires_at: datetime
    plan_digest: str
    version: str
    verdict: Verdict
    warnings: tuple[str, ...] = ()
    overruled: tuple[Overruled, ...] = ()
    """What a person overruled for this gate alone (break-glass)."""
    approvals: tuple[Approval, ...] = ()
    ticks: tuple[Tick, ...] = ()
    escalated: int = 0
    """How often it was told to somebody further (U3)."""


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
    mirror: Weight = ZERO
    """The share that is mirrored then, and `mirror_before` the one of before (R8)."""
    mirror_before: Weight = ZERO
    made_at: datetime
    reason: str
    by: str = ""
    """Who asked for it, where a person did."""
    attempts: int = 0

    @field_validator("weight", "before", "mirror", "mirror_before", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return Weight(float(value)) if isinstance(value, int | float) else value

    @field_serializer("weight", "before", "mirror", "mirror_before")
    def _write(self, value: Weight) -> float:
        return value.percent


class Asked(Value):
    """A checkpoint that somebody was asked to acknowledge (S9). `of` are the plan's entries: one of them will do."""

    id: str
    name: str
    of: tuple[str, ...]
    at: datetime
    until: datetime
    by: Person | None = None
    done_at: datetime | None = None
    missed: bool = False


class BaselineValue(Value):
    """A metric's baseline, frozen with the rollout. `value` is None where it couldn't be taken, with why."""

    value: float | None
    samples: int
    taken_at: datetime
    how: str


TriedKind = Literal[
    "version",
    "metric",
    "stable",
    "baseline",
    "traffic",
    "kill switch",
    "paper",
    "archive",
    "notifier",
    "diagnosis",
    "slo",
    "task",
    "action",
]


class Tried(Value):
    """One thing that preflight tries, and how it went; `said` is the reason, or what was found."""

    what: str
    """What it is, for the record; `kind` and `name` are the same for who words it."""
    kind: TriedKind
    name: str = ""
    outcome: Literal["pending", "ok", "note", "red"] = "pending"
    said: str = ""


class Rollout(Value):
    """One execution of a plan, for one version of the thing rolled out."""

    id: str
    plan: str
    plan_digest: str
    service: str
    environment: str
    version: str
    other_version: str = ""
    """What was last seen to run instead of it, where the plan says how to look (U1)."""
    mode: Literal["live", "observe"] = "live"
    """`observe`: Perch judges and tells, and touches nothing (U2)."""
    adopts: Weight | None = None
    """The weight that it takes over, for one that was started to do so (U2)."""
    requester: Person
    watcher: str = ""
    """Who keeps an eye on it, by Slack's id; "" is whoever started it."""
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
    mirror: Weight = ZERO
    """The share of requests that may be copied to the canary: its stage's; 0 after any way down (R8)."""
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
    samples: dict[str, Samples] = Field(default_factory=dict)
    """Metrics that lacked samples at the newest check (X1)."""
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
    overrides: tuple[Override, ...] = ()
    replan: Replan | None = None
    budgets: dict[str, str] = Field(default_factory=dict)
    """How low each SLO's error budget is, by `budget_levels`; one with enough left isn't named (R13)."""
    overspent: tuple[str, ...] = ()
    """SLOs whose used-up budget a person overruled for this stage."""

    artifacts: tuple[str, ...] = ()
    """What is on record of the artifacts that a plan may ask for."""
    unmet_ends: tuple[str, ...] = ()
    """At the last stage: conditions of the plan's `complete_when` that didn't hold at the newest check, with why."""
    unfinished_told: bool = False
    """Whether it was told what the end still lacks."""
    perch: str = ""
    """The version of Perch that saved it last."""

    would: str = ""
    """What Perch would do, as last said of an observed rollout."""

    preflight: tuple[Tried, ...] = ()
    """What preflight has tried, until it is over; at the start's gate, what it found there last."""
    green_at: datetime | None = None
    """At the start's gate: when preflight was last green. Nothing starts on an older one (law 1)."""
    kill: Kill | None = None
    former: dict[str, str] = Field(default_factory=dict)
    """What each kill method's target held before the start: `rearm` puts it back."""
    rehearsed_at: datetime | None = None
    """When the kill was last rehearsed; `rehearsal_faults` is what it couldn't reach then."""
    rehearsal_faults: tuple[str, ...] = ()
    reason: str = ""
    """Why it ended, or is ending: fit to forward."""
    verify_after: WayDown = "rollback"
    """After which way down it is looked whether all is well (R12); since when, what is left, and what came of it."""
    verify_left: tuple[str, ...] = ()
    verify_since: datetime | None = None
    verified: tuple[Verified, ...] = ()
    diagnoses: dict[str, Diagnosing] = Field(default_factory=dict)
    """By metric, the newest (R14)."""
    dangers: tuple[str, ...] = ()
    """The classes of the triggers that fired, until somebody resumes (R22)."""
    tasks: tuple[TaskRun, ...] = ()
    """Of the present stage the newest attempt at each, and what was begun before and hasn't ended (O6, R24)."""
    acts: tuple[Act, ...] = ()
    """What it changes besides traffic, in the order in which it was asked for (R20)."""
    incidents: tuple[Incident, ...] = ()
    """Open ones, and the newest that are over (E10)."""
    checkpoints: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    """The newest acknowledgements that were asked for; all of them are in the evidence."""
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

    @field_validator("confirmed", "approved", "target", "mirror", "seen_weight", "adopts", mode="before")
    @classmethod
    def _read_weight(cls, value: Any) -> Any:
        return Weight(float(value)) if isinstance(value, int | float) else value

    @field_validator("former")
    @classmethod
    def _read_former(cls, value: dict[str, str]) -> dict[str, str]:
        return {once(name): former for name, former in value.items()}

    @field_serializer("confirmed", "approved", "target", "mirror", "seen_weight", "adopts")
    def _write_weight(self, value: Weight | None) -> float | None:
        return None if value is None else value.percent

    def but(self, **changes: Any) -> Rollout:
        """A changed copy."""
        return self.model_copy(update=changes)

    @property
    def watched_by(self) -> str:
        """Whose turn it is where nobody else is named: holds and unanswered gates are this person's."""
        return self.watcher or self.requester.id

    @property
    def live(self) -> bool:
        """Still under way; a plan has at most one such rollout per environment."""
        return self.state.live

    @property
    def watched(self) -> bool:
        """Still to be looked at by the tick: live, or ended with a verification or actions outstanding."""
        return self.unsaid or any(act.open for act in self.acts)

    @property
    def unsaid(self) -> bool:
        """Not all of it can be told yet; what fails and is tried on is told as that."""
        return self.state.live or bool(self.verify_left) or any(act.open and not act.tries for act in self.acts)
