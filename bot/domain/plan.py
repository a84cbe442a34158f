"""What a plan may say. A plan is checked when read, frozen, and copied into its rollout; unknown keys are refused.

Scalars are read by `plan_fields.py`; the parts are in `plan_parts.py`, `plan_metrics.py` and `plan_stages.py`, and
re-exported here. Rules that span fields (names exist, units agree, thresholds don't contradict) are in `plan_check.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from bot.domain.planning.actions import PlannedAction
from bot.domain.planning.artifacts import Alert, ArtifactName, Dashboard
from bot.domain.planning.checklists import ChecklistItem
from bot.domain.planning.fields import ConditionField, Duration, misread
from bot.domain.planning.incidents import IncidentPolicy
from bot.domain.planning.metrics import BaselineSpec, Enough, Metric
from bot.domain.planning.parts import Action, ParallelParts, Part, PartField, PlanPart, Response, Rule, RuleField
from bot.domain.planning.routing import Danger, Routes
from bot.domain.planning.runbooks import DiagnosisStep, Runbook
from bot.domain.planning.slos import Slo
from bot.domain.planning.stages import Approvals, BakeLimit, Checkpoint, GatePolicy, Stage, Window
from bot.domain.planning.tasks import HostText, Task
from bot.domain.units import ZERO, Weight

__all__ = [
    "Action",
    "Alert",
    "Approvals",
    "BakeLimit",
    "BaselineSpec",
    "ChecklistItem",
    "Checkpoint",
    "Confirm",
    "Danger",
    "Dashboard",
    "DiagnosisStep",
    "Enough",
    "Every",
    "GatePolicy",
    "Metric",
    "NoDataPolicy",
    "Notify",
    "Part",
    "Plan",
    "PlanPart",
    "PlannedAction",
    "Response",
    "Roles",
    "Routes",
    "Rule",
    "Runbook",
    "Slo",
    "Stage",
    "Task",
    "VerifyAfter",
    "Window",
]


class Roles(PlanPart):
    """Who may do what; entries are Slack user ids, `@handle` of a user or of a user group."""

    operators: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    override: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()


class Every(PlanPart):
    """How often: checks, and snapshots in the thread."""

    check: Duration = timedelta(minutes=1)
    snapshot: Duration = timedelta(minutes=5)


class NoDataPolicy(PlanPart):
    """How long missing data is waited for, and what then."""

    after: Duration = timedelta(minutes=10)
    then: Literal[Action.HOLD, Action.ROLLBACK, Action.TELL] = Action.HOLD


class Confirm(PlanPart):
    """R10: besides the adapter's read-back, where the weight must show, and by when.

    One of: `metric` (must read the weight), `check` (a part: `http` or `command` with the text or code expected).
    """

    within: Duration = timedelta(seconds=60)
    metric: str | None = None
    check: PartField | None = None


class VerifyAfter(PlanPart):
    """R12: what must be true after a rollback to 0 %, and after a kill, each `within` its time."""

    rollback: tuple[ConditionField, ...] = ()
    kill: tuple[ConditionField, ...] = ()


class Notify(PlanPart):
    """S8: to whom, by kind of event; `#channel`, `@person`, `@group`, `mail:` with an address, or a notifier's name."""

    started: tuple[str, ...] = ()
    promoted: tuple[str, ...] = ()
    rolled_back: tuple[str, ...] = ()
    killed: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    breach: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


class VersionFrom(Part):
    """`{metric: NAME}` or `{command: […]}`: where the version is read from (U1); a part of that kind.

    A command takes the options of a runbook's: `env`, `timeout`, `retry_codes`.
    """

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "kind" in value:
            return value
        ways = [key for key in ("metric", "command") if value.get(key) is not None]
        if len(ways) != 1 or (ways == ["metric"] and len(value) > 1):
            raise misread("it must say where the version is read", "{metric: NAME}, or {command: [program, argument]}")
        return {"kind": ways[0], "options": value}

    @property
    def metric(self) -> str:
        """The metric whose series tells it; "" where it is read otherwise."""
        return str(self.options.get("metric", "")) if self.kind == "metric" else ""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "object", "minProperties": 1, "description": "{metric: NAME} or {command: […]}"}


def _version_form(value: Any) -> str:
    return "from" if isinstance(value, dict | Part) else "text"


VersionField = Annotated[
    Annotated[str, Tag("text")] | Annotated[VersionFrom, Tag("from")], Discriminator(_version_form)
]


NotifierName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Small letters: no channel, person or address of Slack's looks so."""


class Plan(PlanPart):
    """The file that describes a rollout, read for one environment."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    service: str
    what: str = ""
    version: VersionField | None = None
    environment: str = "production"
    channel: str
    timezone: str = "UTC"
    language: Literal["en", "es"] = "en"
    links: dict[str, str] = Field(default_factory=dict)
    dashboards: tuple[Dashboard, ...] = ()
    alerts: tuple[Alert, ...] = ()
    artifacts: tuple[ArtifactName, ...] = ()
    roles: Roles = Roles()
    sources: dict[str, PartField] = Field(default_factory=dict)
    metrics: dict[str, Metric]
    sides: dict[Literal["canary", "stable"], str] = Field(default_factory=dict)
    slos: dict[str, Slo] = Field(default_factory=dict)
    traffic: tuple[PartField, ...]
    confirm: Confirm = Confirm()
    every: Every = Every()
    no_data: NoDataPolicy = NoDataPolicy()
    drift: Literal[Action.HOLD, "lower"] = "lower"
    cooldown: Duration = timedelta(hours=24)
    gate: GatePolicy = GatePolicy()
    start_approvals: Approvals | None = None
    load_hosts: tuple[HostText, ...] = ()
    stages: tuple[Stage, ...] = Field(min_length=1)
    complete_when: tuple[RuleField, ...] = ()
    when_completed: tuple[PlannedAction, ...] = ()
    """R20: done in order once it is completed, after the last stage's `after`."""
    incidents: IncidentPolicy = IncidentPolicy()
    kill_switch: tuple[ParallelParts, ...] = ()
    killed_when: tuple[ConditionField, ...] = ()
    verify_after: VerifyAfter = VerifyAfter()
    notifiers: dict[NotifierName, PartField] = Field(default_factory=dict)
    """O4: pagers, trackers and hooks, by the name that `notify`, `routes` and `classes` call them."""
    notify: Notify = Notify()
    routes: Routes = Routes()
    classes: dict[str, Danger] = Field(default_factory=dict)
    """R22: what the classes mean that triggers may have."""
    keep: tuple[PartField, ...] | None = None
    """E9: where the bundle and the report go when it has ended; None: where PERCH_KEEP says, `[]`: nowhere."""

    @property
    def mirrors(self) -> bool:
        """Whether requests are copied to the canary in some stage."""
        return any(stage.mirrored > ZERO for stage in self.stages)

    def stage_weight(self, index: int) -> Weight:
        """The weight of a stage by its place, 0 being the first."""
        return self.stages[index].weight
