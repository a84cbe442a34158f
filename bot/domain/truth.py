"""Whether one condition holds now, with the numbers that say so. No data is never true and never false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.conditions import About, Condition, Number, Op, Reference, Relative
from bot.domain.language.spelling import exactly
from bot.domain.measurements import Measured, Measurement
from bot.domain.plan import Plan
from bot.domain.readings import CLOCK_SKEW
from bot.domain.rollout import BaselineValue, Tally
from bot.domain.slos import Figure, SloLevel, SloSeen, all_pass, any_violated, none_fails, together
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
    @property
    def slos(self) -> Mapping[str, SloSeen]: ...


@dataclass(frozen=True, slots=True)
class Truth:
    """`holds` is None without data; numbers are in `unit`."""

    holds: bool | None
    value: float | None = None
    unit: Unit | None = None
    threshold: float | None = None
    reference: float | None = None
    detail: str = ""


def truth(condition: Condition, plan: Plan, known: Known, now: datetime, *, any_series: bool = False) -> Truth:
    """Evaluate the condition's comparison; `after`, `for` and `in a row` are the caller's to count.

    Of a metric with `series: each` all must hold; with `any_series`, as triggers mean it, one will do.
    """
    match condition.subject.about:
        case About.METRIC:
            return _metric(condition, plan, known, any_series)
        case About.AGE_OF:
            return _age(condition, known, now, any_series)
        case About.NEVER_DECREASES:
            return _never_decreases(condition, plan, known)
        case About.AVAILABILITY:
            return _availability(condition, known, now)
        case About.DOWN | About.UP:
            return _probe(condition, known)
        case About.BUDGET:
            return _budget(condition, known)
        case About.BURN:
            return _burn(condition, known)
        case About.ALL_SLOS_PASS | About.NO_SLO_FAILS | About.SLOS_VIOLATED:
            return _slos(condition.subject.about, plan, known)
        case about:
            return Truth(None, detail=f"'{about.value}' can't be measured by this version of Perch")


def _metric(condition: Condition, plan: Plan, known: Known, any_series: bool) -> Truth:
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
    return _compare(condition, measurement, unit, _number(condition, unit), None, any_series=any_series)


def _number(condition: Condition, unit: Unit) -> float:
    if not isinstance(condition.value, Number):
        raise TypeError(f"'{condition}' has no number to compare with")
    return convert(condition.value.value, condition.value.unit, unit)


def _compare(
    condition: Condition,
    measured: Measured,
    unit: Unit,
    threshold: float,
    reference: float | None,
    *,
    any_series: bool = False,
) -> Truth:
    if condition.op is None:
        raise TypeError(f"'{condition}' has no comparison")
    if measured.each:
        return _of_each(condition.op, measured, unit, threshold, any_series)
    holds = condition.op.holds(measured.value, threshold)
    return Truth(holds, measured.value, unit, threshold, reference, measured.series)


NAMED = 3
"""So many of several series are named."""


def _of_each(op: Op, measured: Measured, unit: Unit, threshold: float, any_series: bool) -> Truth:
    """The series that decide: those that don't hold, or for a trigger those that do; the worst of them is the value."""
    deciding = [(name, value) for name, value in measured.each if op.holds(value, threshold) is any_series]
    holds = bool(deciding) is any_series
    low_is_worse = (op in (Op.BELOW, Op.AT_MOST)) is any_series
    ranked = sorted(deciding or measured.each, key=lambda series: series[1], reverse=not low_is_worse)
    named = [name for name, _ in ranked[: NAMED if deciding else 1] if name]
    more = f" +{len(deciding) - NAMED}" if len(deciding) > NAMED else ""
    return Truth(holds, ranked[0][1], unit, threshold, detail=", ".join(named) + more)


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


def _age(condition: Condition, known: Known, now: datetime, any_series: bool) -> Truth:
    measurement = known.canary.get(condition.subject.name)
    if not isinstance(measurement, Measured):
        return Truth(None, unit=Unit.SECONDS, detail=str(measurement) if measurement else "not asked")
    each = tuple((name, now.timestamp() - value) for name, value in measurement.each)
    age = Measured(now.timestamp() - measurement.value, measurement.at, measurement.series, each)
    if min([age.value, *(value for _, value in each)]) < -CLOCK_SKEW.total_seconds():
        return Truth(None, unit=Unit.SECONDS, detail="a time ahead of ours: is it in seconds, are the clocks right?")
    limit, age = _number(condition, Unit.SECONDS), _as_of_now(age)
    return _compare(condition, age, Unit.SECONDS, limit, None, any_series=any_series)


def _as_of_now(age: Measured) -> Measured:
    """Clocks that differ a little, or a time that came between the question and the answer, make no negative age."""
    each = tuple((name, max(0.0, value)) for name, value in age.each)
    return Measured(max(0.0, age.value), age.at, age.series, each)


def _never_decreases(condition: Condition, plan: Plan, known: Known) -> Truth:
    name = condition.subject.name
    unit, measurement = plan.metrics[name].unit, known.canary.get(name)
    counted = known.tallies.get(name, Tally())
    if counted.fell:
        value = measurement.value if isinstance(measurement, Measured) else None
        return Truth(False, value, unit, detail=counted.fell)
    if not isinstance(measurement, Measured):
        return Truth(None, unit=unit, detail=str(measurement) if measurement else "not asked")
    return Truth(True, measurement.value, unit, detail=measurement.series)


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


# ---- SLOs -----------------------------------------------------------------------------------------------------------


def _budget(condition: Condition, known: Known) -> Truth:
    seen = known.slos.get(condition.subject.name)
    return _figure(condition, seen.budget if seen else Figure(missing="not asked"), Unit.PERCENT)


def _burn(condition: Condition, known: Known) -> Truth:
    seen = known.slos.get(condition.subject.name)
    windows = [seen.burns.get(exactly(over), Figure()) for over in condition.subject.over] if seen else []
    return _figure(condition, together(windows), Unit.COUNT)


def _figure(condition: Condition, figure: Figure, unit: Unit) -> Truth:
    if condition.op is None:
        raise TypeError(f"'{condition}' has no comparison")
    threshold = _number(condition, unit)
    if figure.value is None:
        return Truth(None, unit=unit, threshold=threshold, detail=figure.missing or "not asked")
    return Truth(condition.op.holds(figure.value, threshold), figure.value, unit, threshold)


_HOLDS = {About.ALL_SLOS_PASS: all_pass, About.NO_SLO_FAILS: none_fails, About.SLOS_VIOLATED: any_violated}


def _slos(about: About, plan: Plan, known: Known) -> Truth:
    """The phrase as a whole; named are those that aren't at their target, the unmeasured included."""
    seen = [known.slos.get(name) for name in plan.slos]
    asked = [each for each in seen if each is not None]
    holds = _HOLDS[about](asked) if len(asked) == len(seen) else None
    named = [f"{each.name} {each.level or f'no data ({each.actual.missing})'}" for each in asked if not _fine(each)]
    return Truth(holds, detail=", ".join(named) if asked else "not asked")


def _fine(seen: SloSeen) -> bool:
    return seen.level is SloLevel.PASS
