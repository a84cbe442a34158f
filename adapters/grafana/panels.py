"""What a plan's dashboard shows: rows of panels, each with its questions to Prometheus.

A metric of a Prometheus source is asked as the plan asks it, for the canary and for the stable side. Any other metric
is shown as Perch measured it, from Perch's own `/metrics`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from adapters.grafana.bands import Band, bands
from bot.domain.conditions import Condition
from bot.domain.kinds import Environment, fill_in
from bot.domain.plan import Metric, Plan
from bot.domain.units import Unit
from bot.redaction import Redactor, secrets_in, secrets_named

PROMETHEUS = "prometheus"
"""The kind of source whose questions Grafana can ask as they are."""


class Look(StrEnum):
    """How a panel shows its numbers."""

    LINES = "lines"
    GAUGE = "gauge"
    COUNT = "count"
    TABLE = "table"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question in PromQL, and the name of what it answers with (Grafana's `{{label}}` stands for a label)."""

    promql: str
    name: str


@dataclass(frozen=True, slots=True)
class Panel:
    """`unit` is the plan's."""

    title: str
    look: Look
    asks: tuple[Ask, ...]
    unit: Unit
    bands: tuple[Band, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


def rows(plan: Plan, environment: Environment) -> tuple[Row, ...]:
    """All rows that have something to show. Raises MissingEnvironment where a question names an unset variable."""
    judged = [name for name in plan.metrics if _conditions(plan, name)]
    others = [name for name in plan.metrics if name not in judged]
    shown = _without_secrets(plan, environment)
    questions = {name: _asks(plan, name, shown) for name in plan.metrics}
    found = (
        Row("Rollout", (*_rollout(plan), *_gauges(plan, judged, questions))),
        Row("Judged", tuple(_panel(plan, name, questions[name]) for name in judged)),
        Row("Distributions", tuple(_heat(plan, questions))),
        Row("Also measured", tuple(_panel(plan, name, questions[name]) for name in others)),
    )
    return tuple(row for row in found if row.panels)


def _without_secrets(plan: Plan, environment: Environment) -> Environment:
    """What questions may be filled in with: many may read a dashboard (law 8)."""
    named = secrets_named([part.options for part in (*plan.sources.values(), *plan.traffic)], environment)
    redact = Redactor(secrets_in(environment) | named)
    return {name: redact(value) for name, value in environment.items()}


def _rollout(plan: Plan) -> Iterator[Panel]:
    who = f"plan={quoted(plan.name)}, environment={quoted(plan.environment)}"
    yield Panel("Weight", Look.GAUGE, (Ask(f"perch_rollout_weight_percent{{{who}}}", "weight"),), Unit.PERCENT)
    yield Panel(
        "Weight over time", Look.LINES, (Ask(f"perch_rollout_weight_percent{{{who}}}", "weight"),), Unit.PERCENT
    )


def _gauges(plan: Plan, names: list[str], questions: dict[str, tuple[Ask, ...]]) -> Iterator[Panel]:
    """Shares that have limits, at a glance: where the canary stands now."""
    for name in names:
        unit, colours = plan.metrics[name].unit, bands(plan, name)
        if unit in (Unit.PERCENT, Unit.RATIO) and colours and plan.metrics[name].series == "one":
            yield Panel(name, Look.GAUGE, questions[name][:1], unit, colours)


def _panel(plan: Plan, name: str, asks: tuple[Ask, ...]) -> Panel:
    metric, colours = plan.metrics[name], bands(plan, name)
    unit = Unit.SECONDS if metric.unit is Unit.TIMESTAMP else metric.unit
    return Panel(name, _look(metric, asks), asks, unit, colours, _about(plan, name))


def _look(metric: Metric, asks: tuple[Ask, ...]) -> Look:
    if metric.series != "one":
        return Look.TABLE
    if metric.empty_is is not None and metric.unit is Unit.COUNT and len(asks) == 1:
        return Look.COUNT
    return Look.LINES


def _about(plan: Plan, name: str) -> str:
    """Each stage's conditions of the metric, as the plan says them."""
    said = []
    for stage in plan.stages:
        texts = [rule.condition.text for rule in stage.promote_when if _speaks_of(rule.condition, name)]
        texts += [f"warns unless {rule.condition}" for rule in stage.warn_unless if _speaks_of(rule.condition, name)]
        texts += [
            f"goes back when {rule.condition}" for rule in stage.rollback_when if _speaks_of(rule.condition, name)
        ]
        if texts:
            said.append(f"{stage.weight}: {'; '.join(texts)}")
    return "\n\n".join(said)


def _conditions(plan: Plan, name: str) -> bool:
    return any(_speaks_of(condition, name) for stage in plan.stages for condition in stage.conditions)


def _speaks_of(condition: Condition, name: str) -> bool:
    return condition.subject.name == name


def _heat(plan: Plan, questions: dict[str, tuple[Ask, ...]]) -> Iterator[Panel]:
    """The whole distribution of what the plan takes a quantile of; once for several quantiles of the same."""
    seen = set()
    for name, asks in questions.items():
        buckets = quantile_of(asks[0].promql)
        if buckets and buckets not in seen:
            seen.add(buckets)
            yield Panel(f"{name}: distribution", Look.HEAT, (Ask(buckets, "{{le}}"),), plan.metrics[name].unit)


def _asks(plan: Plan, name: str, environment: Environment) -> tuple[Ask, ...]:
    metric = plan.metrics[name]
    source = plan.sources.get(metric.source) if isinstance(metric.source, str) else metric.source
    query = metric.ask.get("query")
    if source is None or source.kind != PROMETHEUS or not isinstance(query, str):
        who = f"plan={quoted(plan.name)}, environment={quoted(plan.environment)}, metric={quoted(name)}"
        return (Ask(f"perch_plan_metric{{{who}}}", name),)
    query = str(fill_in(query, environment))
    if metric.unit is Unit.TIMESTAMP:
        query = f"time() - ({query})"
    label = "" if metric.series == "one" else " {{instance}}"
    if "$side" not in query:
        return (Ask(query, name + label),)
    sides = {side: str(fill_in(text, environment)) for side, text in _sides(plan)}
    return tuple(Ask(query.replace("$side", text), f"{side}{label}") for side, text in sides.items())


def _sides(plan: Plan) -> Iterator[tuple[str, str]]:
    """The canary first: it's what the conditions are about."""
    yield "canary", plan.sides.get("canary", "")
    if "stable" in plan.sides:
        yield "stable", plan.sides["stable"]


def quoted(value: str) -> str:
    """A label's value as PromQL writes it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def quantile_of(promql: str) -> str:
    """What stands in `histogram_quantile(0.99, …)`, if that is the whole question and has buckets by `le`; else ""."""
    opening = "histogram_quantile("
    text = promql.strip()
    if not (text.startswith(opening) and text.endswith(")") and "le" in text):
        return ""
    inside = text.removeprefix(opening)[:-1]
    depth = 0
    for letter in inside:
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            return ""
    _, comma, buckets = inside.partition(",")
    return buckets.strip() if comma and depth == 0 else ""
