"""A plan's SLOs as a check sees them: the level that each keeps now, what is left of its budget, how fast it burns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.badness import Bad
from bot.domain.conditions import About, Condition
from bot.domain.language.spelling import exactly
from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.domain.plan import Part, Plan, Slo
from bot.domain.slos import Figure, SloSeen, allowed, burn, left, level_of, unit_of

HOUR = timedelta(hours=1)
"""The window over which burn is shown where the plan names none: the workbook's long one for paging somebody."""

NO_BUDGET = "its target leaves no error budget"
"""Why an SLO's budget is never known: it is no news at each look."""
Spent = Mapping[str, Mapping[timedelta, Bad]]
"""The bad share of each SLO by its name, over each window that matters to it."""


def windows(plan: Plan, name: str) -> Sequence[timedelta]:
    """Every window that an SLO is asked about, its own first."""
    return tuple(dict.fromkeys((plan.slos[name].window, *burn_windows(plan, name))))


def burn_windows(plan: Plan, name: str) -> Sequence[timedelta]:
    """The windows over which a plan's conditions look at an SLO's burn; an hour where they name none."""
    found = {over: None for each in _conditions(plan) if _burns(each, name) for over in each.subject.over}
    return tuple(found) or (min(HOUR, plan.slos[name].window),)


def source_of(plan: Plan, slo: Slo) -> str | Part | None:
    """Where an SLO's events are counted: its own source, or its metric's."""
    metric = plan.metrics.get(slo.metric) if slo.metric is not None else None
    return slo.source if slo.source is not None or metric is None else metric.source


def seen(plan: Plan, canary: Mapping[str, Measurement], spent: Spent, now: datetime) -> dict[str, SloSeen]:
    """Every SLO of a plan, in its order."""
    return {name: _seen(plan, name, slo, canary, spent.get(name, {}), now) for name, slo in plan.slos.items()}


def seen_again(
    plan: Plan, canary: Mapping[str, Measurement], before: Sequence[SloSeen], now: datetime
) -> dict[str, SloSeen]:
    """For who merely wants to look: levels as they are now, budgets and burns as the last check knew them."""
    fresh, known = seen(plan, canary, {}, now), {each.name: each for each in before}
    return {name: _with_former(each, known.get(name), plan.slos[name]) for name, each in fresh.items()}


def _with_former(fresh: SloSeen, known: SloSeen | None, slo: Slo) -> SloSeen:
    if known is None or slo.metric is None:
        return known or fresh
    return fresh.model_copy(update={"budget": known.budget, "burns": known.burns})


def _seen(
    plan: Plan,
    name: str,
    slo: Slo,
    canary: Mapping[str, Measurement],
    spent: Mapping[timedelta, Bad],
    now: datetime,
) -> SloSeen:
    metric = plan.metrics.get(slo.metric) if slo.metric is not None else None
    unit = unit_of(slo, metric.unit if metric is not None else None)
    unasked = NoData(Missing.NOT_ASKED, "", now)
    whole = spent.get(slo.window, unasked)
    actual = canary.get(slo.metric, unasked) if slo.metric is not None else _good_share(whole, now)
    return SloSeen(
        name=name,
        target=str(slo.target),
        window=slo.window,
        unit=unit.value,
        actual=_figure(actual.value if isinstance(actual, Measured) else actual),
        level=level_of(slo, actual.value, unit) if isinstance(actual, Measured) else None,
        budget=_of_budget(slo, whole, left),
        burns={exactly(each): _of_budget(slo, spent.get(each, unasked), burn) for each in burn_windows(plan, name)},
    )


def _good_share(bad: Bad, now: datetime) -> Measurement:
    """An SLO without a metric is judged by its events, over its window; in percent."""
    return bad if isinstance(bad, NoData) else Measured(round(100 * (1 - bad), 9), now)


def _of_budget(slo: Slo, bad: Bad, figure: Callable[[float, float], float]) -> Figure:
    budget = allowed(slo)
    if not budget:
        return Figure(missing=NO_BUDGET)
    return _figure(bad if isinstance(bad, NoData) else figure(bad, budget))


def _figure(value: float | NoData) -> Figure:
    return Figure(missing=str(value)) if isinstance(value, NoData) else Figure(value=value)


def _conditions(plan: Plan) -> Sequence[Condition]:
    items = [item.auto for stage in plan.stages for item in stage.checklist if item.auto is not None]
    found = [condition for stage in plan.stages for condition in stage.conditions]
    return [*found, *items, *(rule.condition for rule in plan.complete_when)]


def _burns(condition: Condition, name: str) -> bool:
    return condition.subject.about is About.BURN and condition.subject.name == name
