"""Whether one condition holds now, with the numbers that say so. No data is never true and never false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.conditions import About, Condition, Number, Reference, Relative
from bot.domain.measurements import Measured, Measurement
from bot.domain.plan import Plan
from bot.domain.readings import CLOCK_SKEW
from bot.domain.rollout import BaselineValue, Tally
from bot.domain.units import Unit, convert


class Known(Protocol):
    """What conditions may look at; `checks.Facts` is one."""

    @property
    def canary(self) -> Mapping[str, Measurement]: ...
    @property
    def stable(self) -> Mapping[str, Measurement]: ...
    @property
    def ago(self) -> Mapping[tuple[str, timedelta], Measurement]: ...
    @property
    def baselines(self) -> Mapping[str, BaselineValue]: ...
    @property
    def tallies(self) -> Mapping[str, Tally]: ...


@dataclass(frozen=True, slots=True)
class Truth:
    """`holds` is None without data; numbers are in `unit`."""

    holds: bool | None
    value: float | None = None
    unit: Unit | None = None
    threshold: float | None = None
    reference: float | None = None
    detail: str = ""


def truth(condition: Condition, plan: Plan, known: Known, now: datetime) -> Truth:
    """Evaluate the condition's comparison; `after`, `for` and `in a row` are the caller's to count."""
    match condition.subject.about:
        case About.METRIC:
            return _metric(condition, plan, known)
        case About.AGE_OF:
            return _age(condition, known, now)
        case About.AVAILABILITY:
            return _availability(condition, known, now)
        case About.DOWN | About.UP:
            return _probe(condition, known)
        case about:
            return Truth(None, detail=f"'{about.value}' can't be measured by this version of Perch")


def _metric(condition: Condition, plan: Plan, known: Known) -> Truth:
    name = condition.subject.name
    measurement = known.canary.get(name)
    unit = plan.metrics[name].unit or Unit.COUNT
    if not isinstance(measurement, Measured):
        return Truth(None, unit=unit, detail=str(measurement) if measurement else "not asked")
    if isinstance(condition.value, Relative):
        reference, why = _reference(condition.value, name, known)
        if reference is None:
            return Truth(None, measurement.value, unit, detail=why)
        threshold = condition.value.threshold(reference, unit)
        return _compare(condition, measurement, unit, threshold, reference)
    return _compare(condition, measurement, unit, _number(condition, unit), None)


def _number(condition: Condition, unit: Unit) -> float:
    if not isinstance(condition.value, Number):
        raise TypeError(f"'{condition}' has no number to compare with")
    return convert(condition.value.value, condition.value.unit, unit)


def _compare(condition: Condition, measured: Measured, unit: Unit, threshold: float, reference: float | None) -> Truth:
    if condition.op is None:
        raise TypeError(f"'{condition}' has no comparison")
    holds = condition.op.holds(measured.value, threshold)
    return Truth(holds, measured.value, unit, threshold, reference, measured.series)


def _reference(relative: Relative, name: str, known: Known) -> tuple[float | None, str]:
    match relative.reference:
        case Reference.BASELINE:
            baseline = known.baselines.get(name)
            if baseline is None or baseline.value is None:
                return None, f"no baseline: {baseline.how if baseline else 'not taken yet'}"
            return baseline.value, ""
        case Reference.STABLE:
            other = known.stable.get(name)
        case Reference.AGO:
            other = known.ago.get((name, relative.ago or timedelta(0)))
    if isinstance(other, Measured):
        return other.value, ""
    return None, f"no {relative.reference.value} value: {other or 'not asked'}"


def _age(condition: Condition, known: Known, now: datetime) -> Truth:
    measurement = known.canary.get(condition.subject.name)
    if not isinstance(measurement, Measured):
        return Truth(None, unit=Unit.SECONDS, detail=str(measurement) if measurement else "not asked")
    age = Measured(now.timestamp() - measurement.value, measurement.at, measurement.series)
    if age.value < -CLOCK_SKEW.total_seconds():
        return Truth(None, unit=Unit.SECONDS, detail="a time ahead of ours: is it in seconds, are the clocks right?")
    return _compare(condition, age, Unit.SECONDS, _number(condition, Unit.SECONDS), None)


def _availability(condition: Condition, known: Known, now: datetime) -> Truth:
    counted = known.tallies.get(condition.subject.name, Tally())
    if counted.total == 0:
        return Truth(None, unit=Unit.PERCENT, detail="not probed yet in this stage")
    share = Measured(100 * counted.good / counted.total, now, f"{counted.good} of {counted.total} probes")
    return _compare(condition, share, Unit.PERCENT, _number(condition, Unit.PERCENT), None)


def _probe(condition: Condition, known: Known) -> Truth:
    measurement = known.canary.get(condition.subject.name)
    if not isinstance(measurement, Measured):
        return Truth(None, unit=Unit.COUNT, detail=str(measurement) if measurement else "not asked")
    up = measurement.value >= 1
    return Truth(up is (condition.subject.about is About.UP), measurement.value, Unit.COUNT, detail=measurement.series)
