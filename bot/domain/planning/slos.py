"""What a plan may say about its service level objectives (R13)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from bot.domain.language.spelling import exactly
from bot.domain.planning.asking import SourceField
from bot.domain.planning.fields import Duration, LevelField, ShareText, misread, shape_of
from bot.domain.planning.parts import PlanPart

WINDOW = "$window"
"""In `good` and `total`: the window as plans and PromQL write it (1h30m); `$window_s` is the same in seconds."""


def _filled(ask: Mapping[str, Any], window: timedelta) -> dict[str, Any]:
    seconds, spelled = f"{window.total_seconds():.0f}", exactly(window)

    def fill(value: Any) -> Any:
        match value:
            case str():
                return value.replace(f"{WINDOW}_s", seconds).replace(WINDOW, spelled)
            case dict():
                return {key: fill(item) for key, item in value.items()}
            case list() | tuple():
                return [fill(item) for item in value]
            case _:
                return value

    return {key: fill(item) for key, item in ask.items()}


def _asked(value: Any) -> Any:
    """A text is the query; a source that is asked otherwise takes a mapping."""
    if isinstance(value, str):
        return {"query": value}
    if isinstance(value, dict):
        return value
    raise misread(f"a query is expected, not {shape_of(value)}", "as: sum(increase(requests_total[$window]))")


EventsField = Annotated[
    dict[str, Any],
    BeforeValidator(_asked, json_schema_input_type=str | dict[str, Any]),
    Field(description="how many events a $window had: a query, or what the source is asked by"),
]


class Slo(PlanPart):
    """A level that a number must keep over a window, and so what may go wrong meanwhile.

    `metric` is judged at each check. `good` and `total` count events over a window (`$window` is filled in), which
    is how the budget is known without Perch having watched all the time. `error_budget` is the share that may be
    bad, for a metric that is no share itself: of the measured time.
    """

    metric: str | None = None
    source: SourceField | None = None
    good: EventsField | None = None
    total: EventsField | None = None
    target: LevelField
    window: Duration
    warning: LevelField | None = None
    critical: LevelField | None = None
    error_budget: ShareText | None = None

    @property
    def counts_events(self) -> bool:
        """Whether its source is asked for the whole window."""
        return self.good is not None and self.total is not None

    def asks(self, window: timedelta) -> tuple[dict[str, Any], dict[str, Any]]:
        """What to ask for the good events of a window, and for all; only where it counts events."""
        return _filled(self.good or {}, window), _filled(self.total or {}, window)

    @model_validator(mode="after")
    def _one_way_to_measure(self) -> Self:
        if (self.good is None) is not (self.total is None):
            there, lacks = ("good", "total") if self.total is None else ("total", "good")
            raise misread(f"'{there}' alone tells no share", f"add {lacks}:, counted over the same $window")
        if not self.counts_events and self.metric is None:
            raise misread("the SLO doesn't say what it is about", "add metric: NAME, or good: and total:")
        if self.counts_events and self.metric is None and self.source is None:
            raise misread("nobody knows where good and total are asked", "add source: NAME")
        if not self.counts_events and self.source is not None:
            raise misread("'source' is where good and total are asked, and there are none", "leave it out")
        return self
