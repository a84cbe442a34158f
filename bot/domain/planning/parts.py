"""The small parts that many places of a plan share: responses, adapter parts, rules."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.domain.planning.fields import ConditionField, Duration, misread, shape_of


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


def reads_as(spelled: str | dict[str, Any], model_schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a part that may also be written short. A string is the short form's description."""
    short = {"type": "string", "description": spelled} if isinstance(spelled, str) else spelled
    return {"anyOf": [short, model_schema]}


_RESPONSES = "hold, hold 24h, hold 24h then rollback, extend 2h, extend 2h then rollback, retry, rollback or kill"


class Response(PlanPart):
    """`hold 24h then rollback`, `extend 2h`: an action, for how long, and what then."""

    action: Action
    lasting: Duration | None = None
    then: Action | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, dict | Response):
            return value
        if not isinstance(value, str) or not value.strip():
            raise misread(f"a response is expected, not {shape_of(value)}", f"one of: {_RESPONSES}")
        first, _, then = " ".join(value.split()).partition(" then ")
        action, _, lasting = first.partition(" ")
        read = {"action": action, "lasting": lasting or None, "then": then or None}
        return {key: part for key, part in read.items() if part is not None}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return reads_as(_RESPONSES, handler.resolve_ref_schema(handler(core_schema)))

    @model_validator(mode="after")
    def _sane(self) -> Self:
        timed = self.action in (Action.HOLD, Action.EXTEND)
        if self.action is Action.TELL:
            raise misread("'tell' answers missing data only, not a failed check", f"one of: {_RESPONSES}")
        if self.lasting is not None and not timed:
            raise misread(f"'{self.action}' takes no time", f"write {self.action}")
        if self.action is Action.EXTEND and self.lasting is None:
            raise misread("'extend' needs to know for how long", "extend 2h")
        if self.then is not None and self.lasting is None:
            raise misread(f"'then' needs a time to wait for before it: {self.action} … then", "hold 24h then rollback")
        if self.then in (Action.EXTEND, Action.RETRY, Action.TELL):
            raise misread(f"'{self.then}' can't stand after 'then'", "then rollback, then kill or then hold")
        return self


class Part(PlanPart):
    """A piece that an adapter understands: `kind`, and options that the adapter's own model checks."""

    kind: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            if isinstance(value, Part):
                return value
            raise misread(f"a part with its kind is expected, not {shape_of(value)}", "as: {kind: command, …}")
        if "kind" not in value:
            raise misread("the part doesn't say its kind", "add kind:, as: {kind: command, …}")
        if set(value) == {"kind", "options"} and isinstance(value["options"], dict):
            return value
        return {"kind": value["kind"], "options": {key: item for key, item in value.items() if key != "kind"}}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        described = "What it may say besides its kind is in docs/adapters.md"
        kind = {"type": "string"}
        return {"type": "object", "properties": {"kind": kind}, "required": ["kind"], "description": described}


class Rule(PlanPart):
    """A condition with what is special about it; a plain string is a rule with nothing special."""

    condition: ConditionField
    on_fail: Response | None = None
    on_breach: Literal[Action.HOLD, Action.ROLLBACK, Action.KILL] | None = None
    danger: str | None = Field(default=None, alias="class")
    """R22: the class of a trigger, `security` for instance (plans write `class:`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Rule) else {"condition": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return reads_as(schema["properties"]["condition"], schema)


PartField = Part
RuleField = Rule
ParallelParts = tuple[Part, ...]
