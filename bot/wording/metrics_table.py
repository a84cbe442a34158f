"""Every metric in a table: value, limit, baseline, where it goes, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.conditions import About, Op
from bot.domain.plan import Plan
from bot.domain.rollout import Line, Rollout
from bot.domain.trends import History
from bot.wording.blocks import Block
from bot.wording.claims import read
from bot.wording.language import t
from bot.wording.nearest import by_metric, standing
from bot.wording.numbers import number
from bot.wording.sparks import trend_of
from bot.wording.tables import raw_table

ROWS = 40
"""Slack takes 100, and 10,000 characters in all cells; a phone takes fewer."""
_SIGNS: Mapping[Op, str] = {
    Op.ABOVE: ">",
    Op.AT_LEAST: "≥",
    Op.BELOW: "<",
    Op.AT_MOST: "≤",
    Op.EQUAL: "=",
    Op.NOT_EQUAL: "≠",
}
"""As a cell shows them: nothing is escaped there."""


def metrics_table(lines: Sequence[Line], history: History, rollout: Rollout, plan: Plan) -> list[Block]:
    """One row for each metric, the worst first; no table where nothing is asked for."""
    rows = by_metric(lines)[:ROWS]
    if not rows:
        return []
    heads = (t("Metric"), t("Now"), t("Limit"), t("Stands"), t("Baseline"), t("Trend"))
    told = [_row(line, history, rollout, plan) for line in rows]
    return [raw_table(heads, told)]


def _row(line: Line, history: History, rollout: Rollout, plan: Plan) -> Sequence[str]:
    return (
        _name(line),
        _now(line),
        _limit(line),
        stands(line),
        _baseline(line, rollout, plan),
        trend_of(line, history),
    )


def _name(line: Line) -> str:
    condition = read(line.condition)
    match condition.subject.about if condition is not None else None:
        case About.METRIC | About.UP | About.DOWN:
            return line.metric or line.condition
        case About.AGE_OF:
            return t("age of {metric}", metric=line.metric)
        case _:
            return line.condition


def _now(line: Line) -> str:
    condition = read(line.condition)
    if condition is not None and condition.subject.about in (About.UP, About.DOWN) and line.met is not None:
        return t("up") if (condition.subject.about is About.UP) is line.met else t("down")
    if line.value is None:
        return t("no data") if line.met is None else ""
    return number(line.value, line.unit, line.threshold)


def _limit(line: Line) -> str:
    """What the value should be; a trigger says what it mustn't."""
    condition = read(line.condition)
    if condition is None or condition.op is None or line.threshold is None:
        return ""
    limit = f"{_SIGNS[condition.op]} {number(line.threshold, line.unit)}"
    return t("not {limit}", limit=limit) if line.role == "trigger" else limit


def _baseline(line: Line, rollout: Rollout, plan: Plan) -> str:
    if line.reference is not None:
        return number(line.reference, line.unit)
    frozen = rollout.baselines.get(line.metric)
    metric = plan.metrics.get(line.metric)
    return number(frozen.value, metric.unit.value) if frozen and metric and frozen.value is not None else ""


def stands(line: Line) -> str:
    """How a condition stands, a mark and a word."""
    words = (
        t("🛑 fired"),
        t("⏳ counting"),
        t("❌ not met"),
        t("❔ no data"),
        t("⚠️ warning"),
        t("✅ met"),
        t("⏲ not judged yet"),
        t("💤 not fired"),
    )
    place = standing(line)
    return words[place] if place < len(words) else ""
