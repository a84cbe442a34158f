"""What a condition means in PromQL: an expression that has a result exactly while Perch would say that it fires.

No data never fires (law 3). `vector(scalar(x))` is a number only for exactly one series, and NaN compares with nothing;
infinities are cut off by a second comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.alerting.promql import number
from adapters.alerting.recorded import PROMETHEUS, Numbers, Recorded, part_of
from bot.domain.conditions import About, Condition, Number, Op, Reference, Relative
from bot.domain.plan import Metric
from bot.domain.units import Unit, convert

OPPOSITE = {
    Op.ABOVE: Op.AT_MOST,
    Op.AT_LEAST: Op.BELOW,
    Op.BELOW: Op.AT_LEAST,
    Op.AT_MOST: Op.ABOVE,
    Op.EQUAL: Op.NOT_EQUAL,
    Op.NOT_EQUAL: Op.EQUAL,
}


class NoRule(ValueError):
    """Why a condition can't be an alert rule."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Numbers that are put in for a test, by selector: such that it fires, and such that it just doesn't."""

    fires: dict[str, float] = field(default_factory=dict)
    quiet: dict[str, float] = field(default_factory=dict)
    shown: float = 0.0
    """What `$value` is while it fires."""
    ages: frozenset[str] = frozenset()
    """The selectors whose numbers are ages, to be put in as a time that long before each evaluation."""


@dataclass(frozen=True, slots=True)
class Firing:
    """When a condition fires, what must be recorded for it, and how that is tried."""

    expr: str
    needs: tuple[Recorded, ...]
    trial: Inputs

    def unless(self, other: Firing) -> Firing:
        """Fires while the other doesn't."""
        fires, quiet = self.trial.fires | other.trial.quiet, self.trial.quiet | other.trial.quiet
        return self._joined("unless", other, fires, quiet)

    def along_with(self, other: Firing) -> Firing:
        """Fires while both do."""
        fires, quiet = self.trial.fires | other.trial.fires, self.trial.fires | other.trial.quiet
        return self._joined("and", other, fires, quiet)

    def _joined(self, word: str, other: Firing, fires: dict[str, float], quiet: dict[str, float]) -> Firing:
        trial = Inputs(fires, quiet, self.trial.shown, self.trial.ages | other.trial.ages)
        return Firing(f"{self.expr}\n{word} on () ({other.expr})", (*self.needs, *other.needs), trial)


WHY_NOT = {
    About.AVAILABILITY: "Perch counts probes since the stage began",
    About.NEVER_DECREASES: "it looks back to when the stage began",
    About.CHECK_FAILS: "it is about a whole check of Perch's",
    About.BUDGET: "it is about an error budget",
    About.BURN: "it is about an error budget",
    About.SLOS_VIOLATED: "it is about the plan's SLOs",
    About.ALL_SLOS_PASS: "it is about the plan's SLOs",
    About.NO_SLO_FAILS: "it is about the plan's SLOs",
}


def as_bad_on_stable(condition: Condition, numbers: Numbers, source: str) -> Firing | None:
    """When a trigger's condition holds of the stable side as well: then rolling back to it helps nobody. None where
    that can't be, or can't be asked. Raises NoRule."""
    relative = condition.value.reference if isinstance(condition.value, Relative) else None
    if not numbers.has_sides(condition.subject.name) or relative in (Reference.STABLE, Reference.AGO):
        return None
    return firing(condition, numbers, source, when_unmet=False, side="stable")


def firing(condition: Condition, numbers: Numbers, source: str, *, when_unmet: bool, side: str = "canary") -> Firing:
    """As a rule for the Prometheus that is this entry of `sources`. Raises NoRule.

    `when_unmet`: it fires when the condition doesn't hold, as hard ones do; otherwise when it holds, as triggers do.
    """
    about, name = condition.subject.about, condition.subject.name
    if about in WHY_NOT:
        raise NoRule(WHY_NOT[about])
    if (condition.times or 1) > 1:
        raise NoRule(f"Prometheus doesn't count {condition.times} times in a row; write it with `for`")
    metric = _asked_here(numbers, name, source)
    op, threshold = _comparison(condition)
    if when_unmet:
        op = OPPOSITE[op]
    needs = [numbers.metric(name, side)]
    value = _value(numbers, name, needs, source)
    if about is About.AGE_OF:
        value = f"(time() - {value})"
    if isinstance(threshold, Relative):
        if metric.series == "each":
            raise NoRule("each of several series is compared with one other value")
        against, reference = _reference(numbers, name, threshold, needs)
        expr = _compared(value, op, f"on () ({against})")
        limit = threshold.threshold(100.0, metric.unit or Unit.COUNT)
        trial = _trial(needs[0].selector, op, limit, {reference: 100.0}, exact=False)
    else:
        unit = Unit.SECONDS if about is About.AGE_OF else Unit.COUNT if about in _PROBES else metric.unit
        limit = convert(threshold.value, threshold.unit, unit or Unit.COUNT)
        expr = _compared(value, op, number(limit), ahead=about is About.AGE_OF)
        trial = _trial(needs[0].selector, op, limit, {}, exact=True, aged=about is About.AGE_OF)
    samples = numbers.samples(name, side)
    if samples is not None and metric.at_least is not None:
        needs.append(samples)
        expr += f"\nand on () (vector(scalar({samples.selector})) >= {number(metric.at_least.value)})"
        for inputs in (trial.fires, trial.quiet):
            inputs[samples.selector] = metric.at_least.value
    return Firing(expr, tuple(needs), trial)


_PROBES = (About.DOWN, About.UP)


def _asked_here(numbers: Numbers, name: str, source: str) -> Metric:
    metric = numbers.plan.metrics[name]
    kind = part_of(numbers.plan, metric).kind
    if kind != PROMETHEUS:
        raise NoRule(f"{name} comes from a source of kind {kind}, not from Prometheus")
    if source_name(numbers, name) != source:
        raise NoRule(f"{name} is asked of {source_name(numbers, name)}: --source {source_name(numbers, name)}")
    return metric


def source_name(numbers: Numbers, metric: str) -> str:
    """The entry of `sources` that a metric is asked of; the metric's own name where it brings its source."""
    source = numbers.plan.metrics[metric].source
    return source if isinstance(source, str) else metric


def _comparison(condition: Condition) -> tuple[Op, Number | Relative]:
    match condition.subject.about:
        case About.DOWN:
            return Op.BELOW, Number(1, Unit.COUNT)
        case About.UP:
            return Op.AT_LEAST, Number(1, Unit.COUNT)
    if condition.op is None or condition.value is None:
        raise NoRule("it compares with no number")
    return condition.op, condition.value


def _value(numbers: Numbers, name: str, needs: list[Recorded], source: str) -> str:
    """A metric's number as Perch reads it: the one series, the worst, or each; empty as the plan wants it."""
    metric = numbers.plan.metrics[name]
    found = needs[0].selector
    if metric.empty_is is not None:
        if metric.alive_when is None:
            raise NoRule(f"what an empty {name} means isn't shown by an alive_when")
        _asked_here(numbers, metric.alive_when, source)
        needs.append(numbers.metric(metric.alive_when))
        alive = _one(numbers.plan.metrics[metric.alive_when], needs[-1].selector)
        found = f"({found} or on () ({number(metric.empty_is)} + 0 * {alive}))"
    return _one(metric, found)


def _one(metric: Metric, found: str) -> str:
    match metric.series:
        case "each":
            return f"max without (perch_metric, perch_side) ({found})"
        case "max" | "min":
            return f"{metric.series}({found})"
        case _:
            return f"vector(scalar({found}))"


def blind(numbers: Numbers, name: str) -> str:
    """An expression that has no result while a metric has no number: nothing, several where one is meant, NaN."""
    value = _one(numbers.plan.metrics[name], numbers.metric(name).selector)
    return f"({value} == {value})"


def _reference(numbers: Numbers, name: str, relative: Relative, needs: list[Recorded]) -> tuple[str, str]:
    """The threshold's expression, and the selector of what it is measured from."""
    metric = numbers.plan.metrics[name]
    match relative.reference:
        case Reference.BASELINE:
            found = numbers.baseline(name)
            needs.append(numbers.baselines())
        case Reference.STABLE:
            needs.append(numbers.metric(name, "stable"))
            found = needs[-1].selector
        case Reference.AGO:
            needs.append(numbers.metric(name, ago=relative.ago or timedelta(0)))
            found = needs[-1].selector
    several = metric.series in ("max", "min") and relative.reference is not Reference.BASELINE
    value = f"scalar({_one(metric, found) if several else found})"
    if relative.unit is None:
        return f"vector({value} * {number(1 + relative.change / 100)})", found
    added = relative.change * relative.unit.scale / (metric.unit or Unit.COUNT).scale
    return f"vector({value} {'-' if added < 0 else '+'} {number(abs(added))})", found


def _compared(value: str, op: Op, threshold: str, *, ahead: bool = False) -> str:
    """`ahead`: an age may be as little below 0 as clocks differ."""
    low = "-60" if ahead else "-Inf"
    match op:
        case Op.ABOVE | Op.AT_LEAST:
            return f"({value} {op.value} {threshold}) < Inf"
        case Op.BELOW | Op.AT_MOST:
            return f"({value} {op.value} {threshold}) > {low}"
        case Op.EQUAL:
            return f"({value} == {threshold})"
        case _:
            return f"(({value} < {threshold}) > {low} or ({value} > {threshold}) < Inf)"


_BAD = {Op.ABOVE: 1, Op.BELOW: -1, Op.NOT_EQUAL: 1}
_GOOD = {Op.AT_LEAST: -1, Op.AT_MOST: 1, Op.EQUAL: 1}


def _trial(found: str, op: Op, limit: float, beside: dict[str, float], *, exact: bool, aged: bool = False) -> Inputs:
    """Numbers on either side of the threshold; `exact` puts one of them on it, where the border is what matters."""
    step = max(1.0, abs(limit) / 2)
    bad, good = limit + _BAD.get(op, 0) * step, limit + _GOOD.get(op, 0) * step
    if not exact:
        away = {Op.ABOVE: 1, Op.AT_LEAST: 1, Op.BELOW: -1, Op.AT_MOST: -1}.get(op, 0)
        bad, good = limit + away * step, limit - away * step
    if aged:
        bad, good = max(bad, 0.0), max(good, 0.0)
    return Inputs({found: bad} | beside, {found: good} | beside, bad, frozenset([found] if aged else ()))


def together(parts: Sequence[str]) -> str:
    """All of these at once, whatever their labels."""
    return "\nand on () ".join(parts)
