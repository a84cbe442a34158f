"""The condition language: what a condition is. How it is read is in `grammar.py`, what it means in `checks.py`.

    METRIC OP VALUE [after DURATION] [for DURATION | N times in a row] [within DURATION]
    PROBE down | PROBE up | METRIC never decreases | check fails
    slos violated | all slos pass | no slo fails
    age_of(METRIC) < 2m · availability(PROBE) >= 99.9% · budget(SLO) > 50% · burn(SLO, 1h, 5m) < 14.4

VALUE is a number with a unit, or `baseline ± N%`, `stable ± N%`, `7d ago ± N%` (points are written `pp`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.units import Unit


class Op(StrEnum):
    """A comparison, as plans spell it."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    EQUAL = "=="
    NOT_EQUAL = "!="

    def holds(self, left: float, right: float) -> bool:
        return _COMPARE[self](left, right)


_COMPARE: dict[Op, Callable[[float, float], bool]] = {
    Op.ABOVE: operator.gt,
    Op.AT_LEAST: operator.ge,
    Op.BELOW: operator.lt,
    Op.AT_MOST: operator.le,
    Op.EQUAL: operator.eq,
    Op.NOT_EQUAL: operator.ne,
}


class About(StrEnum):
    """What a condition speaks of."""

    METRIC = "metric"
    AGE_OF = "age_of"
    AVAILABILITY = "availability"
    BUDGET = "budget"
    BURN = "burn"
    DOWN = "down"
    UP = "up"
    NEVER_DECREASES = "never decreases"
    SLOS_VIOLATED = "slos violated"
    ALL_SLOS_PASS = "all slos pass"
    NO_SLO_FAILS = "no slo fails"
    CHECK_FAILS = "check fails"


@dataclass(frozen=True, slots=True)
class Subject:
    """The left side. `name` is a metric, probe, event or SLO; `over` are burn()'s windows."""

    about: About
    name: str = ""
    over: tuple[timedelta, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A threshold as written; a rate's unit carries its time."""

    value: float
    unit: Unit


class Reference(StrEnum):
    """What a relative threshold is measured from."""

    BASELINE = "baseline"
    STABLE = "stable"
    AGO = "ago"


@dataclass(frozen=True, slots=True)
class Relative:
    """`baseline + 10%`: `change` is +10 percent of the reference, or, with `unit`, that many units added."""

    reference: Reference
    change: float = 0.0
    unit: Unit | None = None
    ago: timedelta | None = None

    def threshold(self, reference: float, metric_unit: Unit) -> float:
        """The threshold in the metric's own unit, from the reference's value in that unit."""
        if self.unit is None:
            return reference * (1 + self.change / 100)
        return reference + self.change * self.unit.scale / metric_unit.scale


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as parsed; `text` is what the plan says, and its identity inside a stage."""

    text: str
    subject: Subject
    op: Op | None = None
    value: Number | Relative | None = None
    after: timedelta | None = None
    lasting: timedelta | None = None
    """`for 5m`: seen true from the first bad check to now, this long."""
    times: int | None = None
    """`3 times in a row`."""
    within: timedelta | None = None
    """`within 30s`: by when it must be true (killed_when, verify_after, confirm)."""

    def __str__(self) -> str:
        return self.text
