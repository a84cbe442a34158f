"""A metric's value at a time, or *no data* with the reason. Nothing else may come out of a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Missing(StrEnum):
    """Why there is no data. A sick source is never a sick canary (law 3)."""

    EMPTY = "empty"
    SEVERAL_SERIES = "several series"
    NOT_A_NUMBER = "not a number"
    STALE = "stale"
    FEW_SAMPLES = "too few samples"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    GARBAGE = "garbage"
    PARTIAL = "partial answer"
    NO_BASELINE = "no baseline"
    NOT_ASKED = "not asked"
    NOT_YET = "not supported yet"


@dataclass(frozen=True, slots=True)
class Measured:
    """A number in the metric's own unit. `at` is when the source says it was true (aware UTC)."""

    value: float
    at: datetime
    series: str = ""
    """Which of several series this is the worst of, as the source names it."""
    each: tuple[tuple[str, float], ...] = ()
    """All series by name, where each is judged by itself; `value` is the highest then."""


@dataclass(frozen=True, slots=True)
class NoData:
    """No number, and why. `detail` is safe to show: redacted, one line, no addresses with secrets."""

    missing: Missing
    detail: str
    at: datetime
    seen: float | None = None
    wanted: float | None = None
    """Of too few samples: how many there are, and how many the plan asks for."""

    def __str__(self) -> str:
        return f"{self.missing.value}: {self.detail}" if self.detail else self.missing.value


Measurement = Measured | NoData
