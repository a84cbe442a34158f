"""The colours behind a metric's line: what its plan's conditions call good and bad."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.conditions import About, Condition, Number, Op
from bot.domain.plan import Plan
from bot.domain.units import Unit

GREEN, YELLOW, RED = "green", "yellow", "red"


@dataclass(frozen=True, slots=True)
class Band:
    """A colour from this value up, in the metric's unit; None is from the very bottom."""

    begin: float | None
    colour: str


@dataclass(frozen=True, slots=True)
class _Limit:
    value: float
    good_above: bool
    alarming: bool
    """A trigger: beyond it Perch goes back."""


def bands(plan: Plan, metric: str) -> tuple[Band, ...]:
    """Green where every stage is content, red where some trigger fires, yellow between; none without fixed limits.

    Where stages differ the most cautious limit is drawn. What is relative to a baseline or to the stable side has no
    fixed place, so it isn't drawn. Limits that contradict each other in direction aren't either.
    """
    limits = list(_limits(plan, metric))
    if not limits or len({limit.good_above for limit in limits}) > 1:
        return ()
    upward = limits[0].good_above
    cautious = max if upward else min
    wanted = [limit.value for limit in limits if not limit.alarming]
    alarming = [limit.value for limit in limits if limit.alarming]
    edge = cautious(wanted) if wanted else None
    alarm = cautious(alarming) if alarming else edge
    edge = alarm if edge is None or alarm is None else cautious(edge, alarm)
    steps = [(None, RED), (alarm, YELLOW), (edge, GREEN)] if upward else [(None, GREEN), (edge, YELLOW), (alarm, RED)]
    return tuple(_without_empty([Band(begin, colour) for begin, colour in steps]))


def _without_empty(found: Sequence[Band]) -> Iterator[Band]:
    """Of two bands that begin at the same place the later one counts: the other is nowhere."""
    for number, band in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        if following is None or following.begin != band.begin:
            yield band


def _limits(plan: Plan, metric: str) -> Iterator[_Limit]:
    unit = plan.metrics[metric].unit
    for stage in plan.stages:
        for rule in (*stage.promote_when, *stage.warn_unless):
            yield from _limit(rule.condition, metric, unit, alarming=False)
        for rule in stage.rollback_when:
            yield from _limit(rule.condition, metric, unit, alarming=True)


def _limit(condition: Condition, metric: str, unit: Unit, *, alarming: bool) -> Iterator[_Limit]:
    about, value = condition.subject, condition.value
    if about.about is not About.METRIC or about.name != metric or not isinstance(value, Number):
        return
    at = value.value * value.unit.scale / unit.scale
    match condition.op:
        case Op.ABOVE | Op.AT_LEAST:
            edge = _next(at, unit) if condition.op is Op.ABOVE else at
            yield _Limit(edge, good_above=not alarming, alarming=alarming)
        case Op.BELOW | Op.AT_MOST:
            edge = _next(at, unit) if condition.op is Op.AT_MOST else at
            yield _Limit(edge, good_above=alarming, alarming=alarming)
        case Op.EQUAL if not alarming:
            yield _Limit(_next(at, unit), good_above=False, alarming=False)
        case Op.NOT_EQUAL if alarming:
            yield _Limit(_next(at, unit), good_above=False, alarming=True)
        case _:
            return


def _next(value: float, unit: Unit) -> float:
    """The least value that is more, where that can be seen: `errors > 0` begins at one error, and a share beyond 0."""
    if unit is Unit.COUNT:
        return math.floor(value) + 1.0
    return value or 1e-6
