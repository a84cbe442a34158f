"""What a plan may say about its numbers: metrics, baselines, minimum samples."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bot.domain.planning.asking import SourceField, open_to_its_source, with_ask
from bot.domain.planning.fields import Duration, NumberField, UnitField, misread
from bot.domain.planning.parts import PlanPart
from bot.domain.planning.runbooks import Runbook


class BaselineSpec(PlanPart):
    """Where a metric's baseline comes from; exactly one of the first four. Durations are lengths of the window.

    `previous` is the end of the last rollout of this plan that was completed.
    """

    before_start: Duration | None = None
    stage: str | None = None
    ago: Duration | None = None
    previous: bool = False
    over: Duration = timedelta(minutes=30)
    samples: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        given = [key for key in ("before_start", "stage", "ago", "previous") if getattr(self, key) not in (None, False)]
        if len(given) != 1:
            said = "says both " + " and ".join(given) if given else "doesn't say where from"
            raise misread(f"the baseline {said}", "one of before_start: 30m, stage: NAME, ago: 7d, or previous: true")
        return self


class Enough(PlanPart):
    """Minimum samples: how many the source must have seen before its value counts; `of` says what, for people."""

    value: Annotated[NumberField, Field(gt=0)]
    of: str = "samples"
    ask: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return with_ask(value, {"value", "of", "ask"})

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return open_to_its_source(handler.resolve_ref_schema(handler(core_schema)))


class Metric(PlanPart):
    """A named number with a unit and a source. `ask` is what the source's own model reads (query, json, …)."""

    source: SourceField
    unit: UnitField
    ask: dict[str, Any] = Field(default_factory=dict)
    stale_after: Duration | None = None
    series: Literal["one", "max", "min", "each"] = "one"
    empty_is: float | None = None
    alive_when: str | None = None
    at_least: Enough | None = None
    baseline: BaselineSpec | None = None
    runbook: Runbook | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return with_ask(value, set(cls.model_fields))

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        return open_to_its_source(handler.resolve_ref_schema(handler(core_schema)))
