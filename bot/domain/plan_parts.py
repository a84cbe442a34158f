"""The small parts that many places of a plan share: responses, adapter parts, rules."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.domain.plan_fields import ConditionField
from bot.domain.units import parse_duration


class PlanPart(BaseModel):
    """Frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Action(StrEnum):
    """What `on_fail`, `on_breach`, `no_data.then` and a gate's or hold's default may ask for."""

    HOLD = "hold"
    ROLLBACK = "rollback"
    KILL = "kill"
    EXTEND = "extend"
    RETRY = "retry"
    TELL = "tell"


class Response(PlanPart):
    """`hold 24h then rollback`, `extend 2h`: an action, for how long, and what then."""

    action: Action
    lasting: timedelta | None = None
    then: Action | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        words, _, then = value.partition(" then ")
        action, _, lasting = words.strip().partition(" ")
        read: dict[str, Any] = {"action": action}
        if lasting:
            read["lasting"] = parse_duration(lasting)
        return read | ({"then": then.strip()} if then else {})


class Part(PlanPart):
    """A piece that an adapter understands: `kind`, and options that the adapter's own model checks."""

    kind: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, dict) and "kind" in value and set(value) != {"kind", "options"}:
            return {"kind": value["kind"], "options": {k: v for k, v in value.items() if k != "kind"}}
        return value


PartField = Part
ParallelParts = tuple[Part, ...]


class Rule(PlanPart):
    """A condition with what is special about it; a plain string is a rule with nothing special."""

    condition: ConditionField
    on_fail: Response | None = None
    on_breach: Action | None = None
    danger: str | None = None
    """R22: the class of a trigger, `security` for instance (plans write `class:`)."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {("danger" if key == "class" else key): item for key, item in value.items()}
        return value if isinstance(value, Rule) else {"condition": value}


RuleField = Rule
