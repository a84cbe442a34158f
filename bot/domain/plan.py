"""What a plan may say. A plan is checked when read, frozen, and copied into its rollout; unknown keys are refused.

Field types that need reading (durations, weights, conditions) are coerced by `bot.domain.plan_fields`; rules that
span fields (names exist, units agree, thresholds don't contradict) are in `bot.domain.plan_check`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from bot.domain.plan_fields import ConditionField, Duration, UnitField, WeightField
from bot.domain.plan_parts import (
    Action,
    ParallelParts,
    Part,
    PartField,
    PlanPart,
    Response,
    Rule,
    RuleField,
)
from bot.domain.units import ZERO, Weight


__all__ = ["Action", "Part", "PlanPart", "Response", "Rule"]


class Roles(PlanPart):
    """Who may do what; entries are Slack user ids, `@handle` of a user or of a user group."""

    operators: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    override: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()


class BaselineSpec(PlanPart):
    """Where a metric's baseline comes from; exactly one of the first three. Durations are lengths of the window."""

    before_start: Duration | None = None
    stage: str | None = None
    ago: Duration | None = None
    over: Duration = timedelta(minutes=30)
    samples: int = Field(default=3, ge=1)


class Enough(PlanPart):
    """Minimum samples: how many the source must have seen before its value counts."""

    value: float = Field(gt=0)
    ask: dict[str, Any] = Field(default_factory=dict)


class Runbook(PlanPart):
    """R14: what to look at when the metric goes bad."""

    link: str | None = None
    look_at: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    diagnose: tuple[Any, ...] = ()


class Metric(PlanPart):
    """A named number with a unit and a source. `ask` is what the source's own model reads (query, json, …)."""

    source: str | PartField
    unit: UnitField
    ask: dict[str, Any] = Field(default_factory=dict)
    stale_after: Duration | None = None
    series: Literal["one", "max", "min"] = "one"
    empty_is: float | None = None
    alive_when: str | None = None
    at_least: Enough | None = None
    baseline: BaselineSpec | None = None
    runbook: Runbook | None = None


class Slo(PlanPart):
    """R13; budgets and burn rates come later, the levels are kept."""

    metric: str
    target: str
    window: Duration
    warning: str | None = None
    critical: str | None = None


class Every(PlanPart):
    """How often: checks, and snapshots in the thread."""

    check: Duration = timedelta(minutes=1)
    snapshot: Duration = timedelta(minutes=5)


class NoDataPolicy(PlanPart):
    """How long missing data is waited for, and what then."""

    after: Duration = timedelta(minutes=10)
    then: Literal[Action.HOLD, Action.ROLLBACK, Action.TELL] = Action.HOLD


class GatePolicy(PlanPart):
    """How long a gate waits for people, and what then."""

    expires: Duration = timedelta(hours=4)
    then: Literal[Action.HOLD, Action.ROLLBACK] = Action.HOLD
    escalate_after: Duration | None = None


class Confirm(PlanPart):
    """R10: besides the adapter's read-back, where the weight must show, and by when.

    One of: `metric` (must read the weight), `http`/`command` parts with the text or code expected.
    """

    within: Duration = timedelta(seconds=60)
    metric: str | None = None
    check: PartField | None = None


class Approvals(PlanPart):
    """Who must say yes before the stage is left. `need` people; one of each named group; four eyes by default."""

    need: int = Field(default=1, ge=0)
    one_of_each: tuple[str, ...] = ()
    not_requester: bool = True


class Window(PlanPart):
    """R3: when the stage may be entered and left, in the plan's zone; as `Mon-Fri 08:00-18:00`."""

    enter: str | None = None
    leave: str | None = None


class BakeLimit(PlanPart):
    """The most a stage may take, and what happens then."""

    at_most: Duration
    then: Literal[Action.HOLD, Action.ROLLBACK] = Action.HOLD


class Checkpoint(PlanPart):
    """A named moment: `at` since the stage's traffic was confirmed, or `every` so long."""

    at: Duration | None = None
    every: Duration | None = None
    acknowledge: str | None = None


class Stage(PlanPart):
    """One step with a weight. Rollback goes to `rollback_to`: a weight, or `previous` (R15)."""

    weight: WeightField
    name: str | None = None
    mirror: WeightField | None = None
    settle: Duration | None = None
    bake: Duration
    bake_limit: BakeLimit | None = None
    clean_for: Duration | None = None
    window: Window | None = None
    promote_when: tuple[RuleField, ...]
    warn_unless: tuple[RuleField, ...] = ()
    rollback_when: tuple[RuleField, ...] = ()
    on_fail: Response = Response(action=Action.HOLD)
    on_breach: Literal[Action.ROLLBACK, Action.KILL, Action.HOLD] = Action.ROLLBACK
    rollback_to: WeightField | Literal["previous"] = ZERO
    approvals: Approvals = Approvals()
    checklist: tuple[Any, ...] = ()
    tasks: tuple[dict[str, Any], ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    before: tuple[PartField, ...] = ()
    after: tuple[PartField, ...] = ()


class VerifyAfter(PlanPart):
    """R12: what must be true after a rollback, each `within` its time."""

    rollback: tuple[ConditionField, ...] = ()


class Notify(PlanPart):
    """S8: to whom, by kind of event; `#channel`, or a kind of notifier with an address."""

    started: tuple[str, ...] = ()
    promoted: tuple[str, ...] = ()
    rolled_back: tuple[str, ...] = ()
    killed: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    breach: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


class Plan(PlanPart):
    """The file that describes a rollout, read for one environment."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    service: str
    what: str = ""
    version: str | PartField | None = None
    environment: str = "production"
    channel: str
    timezone: str = "UTC"
    language: Literal["en", "es"] = "en"
    links: dict[str, str] = Field(default_factory=dict)
    roles: Roles = Roles()
    sources: dict[str, PartField] = Field(default_factory=dict)
    metrics: dict[str, Metric]
    events: dict[str, Any] = Field(default_factory=dict)
    sides: dict[Literal["canary", "stable"], str] = Field(default_factory=dict)
    slos: dict[str, Slo] = Field(default_factory=dict)
    traffic: tuple[PartField, ...]
    confirm: Confirm = Confirm()
    every: Every = Every()
    no_data: NoDataPolicy = NoDataPolicy()
    drift: Literal[Action.HOLD, "lower"] = Action.HOLD
    cooldown: Duration = timedelta(hours=24)
    gate: GatePolicy = GatePolicy()
    start_approvals: Approvals | None = None
    stages: tuple[Stage, ...] = Field(min_length=1)
    complete_when: tuple[RuleField, ...] = ()
    kill_switch: tuple[ParallelParts, ...] = ()
    killed_when: tuple[ConditionField, ...] = ()
    verify_after: VerifyAfter = VerifyAfter()
    notify: Notify = Notify()

    def stage_weight(self, index: int) -> Weight:
        """The weight of a stage by its place, 0 being the first."""
        return self.stages[index].weight
