"""What a plan may say about its numbers: metrics, baselines, minimum samples, SLOs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from bot.domain.planning.fields import Duration, NumberField, ShareText, UnitField, misread
from bot.domain.planning.parts import Part, PlanPart


def _asks(value: Any, own: set[str]) -> Any:
    """Move the keys that aren't ours into `ask`: they are the source's to read."""
    if not isinstance(value, dict):
        return value
    given = value.get("ask")
    if given is not None and not isinstance(given, dict):
        return value
    asked = {key: item for key, item in value.items() if key not in own}
    return {key: item for key, item in value.items() if key in own} | {"ask": {**(given or {}), **asked}}


class BaselineSpec(PlanPart):
    """Where a metric's baseline comes from; exactly one of the first three. Durations are lengths of the window."""

    before_start: Duration | None = None
    stage: str | None = None
    ago: Duration | None = None
    over: Duration = timedelta(minutes=30)
    samples: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        given = [key for key in ("before_start", "stage", "ago") if getattr(self, key) is not None]
        if len(given) != 1:
            said = "says both " + " and ".join(given) if given else "doesn't say where from"
            raise misread(f"the baseline {said}", "one of before_start: 30m, stage: NAME, or ago: 7d")
        return self


class Enough(PlanPart):
    """Minimum samples: how many the source must have seen before its value counts."""

    value: Annotated[NumberField, Field(gt=0)]
    ask: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _asks(value, {"value", "ask"})

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return _open(handler.resolve_ref_schema(handler(core_schema)))


class Runbook(PlanPart):
    """R14: what to look at when the metric goes bad."""

    link: str | None = None
    look_at: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    diagnose: tuple[Any, ...] = ()


def _open(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema with room for what the source reads."""
    schema["properties"].pop("ask", None)
    schema["required"] = [key for key in schema["required"] if key != "unit"]
    return {**schema, "additionalProperties": True}


def _source_form(value: Any) -> str:
    return "name" if isinstance(value, str) else "part"


SourceField = Annotated[Annotated[str, Tag("name")] | Annotated[Part, Tag("part")], Discriminator(_source_form)]


class Metric(PlanPart):
    """A named number with a unit and a source. `ask` is what the source's own model reads (query, json, …)."""

    source: SourceField
    unit: UnitField
    ask: dict[str, Any] = Field(default_factory=dict)
    stale_after: Duration | None = None
    series: Literal["one", "max", "min"] = "one"
    empty_is: float | None = None
    alive_when: str | None = None
    at_least: Enough | None = None
    baseline: BaselineSpec | None = None
    runbook: Runbook | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _asks(value, set(cls.model_fields))

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return _open(handler.resolve_ref_schema(handler(core_schema)))


class Slo(PlanPart):
    """R13; budgets and burn rates come later, the levels are kept."""

    metric: str
    target: ShareText
    window: Duration
    warning: ShareText | None = None
    critical: ShareText | None = None
