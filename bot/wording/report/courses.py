"""The figures: the weight, and each metric against its limits since the start, with gaps where there was no data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.chronicle import Chronicle
from bot.domain.conditions import About, Op
from bot.domain.lookback import judged
from bot.domain.record.durations import Phase, Stretch
from bot.domain.record.reading import moment_of
from bot.domain.rollout import Line
from bot.domain.trends import Point, thinned
from bot.wording.claims import read
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.report.passage import bands
from bot.wording.report.pieces import Figure, Limit, Mark, Piece, Prose, Section
from bot.wording.report.plainly import Times, clear
from bot.wording.report.runs import bounded, gaps, in_runs
from bot.wording.sentences import joined
from bot.wording.sparks import spark
from bot.wording.spending import phase_words

FIGURES = 24
"""More are counted."""
SPARK = 32
MARKED = 40
_SIGNS = {Op.ABOVE: ">", Op.AT_LEAST: "≥", Op.BELOW: "<", Op.AT_MOST: "≤", Op.EQUAL: "=", Op.NOT_EQUAL: "≠"}


@dataclass(frozen=True, slots=True)
class StageTime:
    """When a stage's conditions counted."""

    stage: int
    begin: datetime
    end: datetime
    after: int = 0
    """The number of the record that confirmed it."""


def courses(chronicle: Chronicle, found: Sequence[Stretch], times: Times) -> Section | None:
    """All figures under one heading; nothing where there is nothing to draw."""
    figures = list(_figures(chronicle, found, times))
    drawn, more = figures[:FIGURES], len(figures) - FIGURES
    without = [name for name in chronicle.plan.metrics if not _finite(chronicle.points.get(name, ()))]
    notes = [t_many(more, "… and {count} more metric", "… and {count} more metrics")] if more > 0 else []
    if without and chronicle.points:
        notes.append(t("Without a single number: {metrics}.", metrics=joined([clear(name, 60) for name in without])))
    pieces: tuple[Piece, ...] = (*drawn, *(Prose(note, "mute") for note in notes))
    return Section(t("Traffic and metrics over time"), pieces) if pieces else None


def _figures(chronicle: Chronicle, found: Sequence[Stretch], times: Times) -> Iterator[Figure]:
    marks = weight_marks(chronicle)
    if len(weights(chronicle)) > 1:
        yield _traffic(chronicle, found, marks, times)
    lines = _lines(chronicle)
    for metric in _in_order(chronicle, lines):
        if _finite(chronicle.points.get(metric, ())):
            yield _metric(chronicle, metric, lines, marks, times)


def weights(chronicle: Chronicle) -> list[tuple[datetime, float]]:
    """The confirmed weight in percent from each moment on, from the record."""
    found = [(chronicle.began, 0.0)]
    for record in chronicle.records:
        where, moment = record.body.get("at"), moment_of(record)
        weight = where.get("weight") if isinstance(where, Mapping) else None
        if moment is None or not isinstance(weight, int | float) or not math.isfinite(weight):
            continue
        if weight != found[-1][1]:
            found.append((min(max(moment, found[-1][0]), chronicle.until), min(max(float(weight), 0.0), 100.0)))
    return found


def weight_marks(chronicle: Chronicle) -> tuple[Mark, ...]:
    """Each change of the weight, for all figures alike."""
    return tuple(Mark(moment, f"{weight:g}%") for moment, weight in weights(chronicle)[1:])[:MARKED]


def _traffic(chronicle: Chronicle, found: Sequence[Stretch], marks: tuple[Mark, ...], times: Times) -> Figure:
    course = [*weights(chronicle), (chronicle.until, weights(chronicle)[-1][1])]
    told = [t("{weight} at {at}", weight=mark.label, at=times.clock(mark.at)) for mark in marks]
    caption = t("Weight of the canary: {changes}.", changes=joined(told, most=12))
    marked = bands(found)
    kinds = list(dict.fromkeys(phase_words(Phase(band.kind)) for band in marked))
    caption += " " + t("Shaded: {kinds}.", kinds=joined(kinds)) if kinds else ""
    return Figure(
        title=t("Traffic"),
        unit="percent",
        caption=caption,
        alt=caption,
        begin=chronicle.began,
        end=chronicle.until,
        runs=(course,),
        bands=marked,
        marks=marks,
        steps=True,
    )


def _metric(
    chronicle: Chronicle, metric: str, lines: Mapping[str, Line], marks: tuple[Mark, ...], times: Times
) -> Figure:
    points = [point for point in chronicle.points[metric] if chronicle.began <= point.at <= chronicle.until]
    points = points or list(chronicle.points[metric])
    spec = chronicle.plan.metrics.get(metric)
    unit = spec.unit.value if spec is not None else ""
    limits = tuple(_merged(_limits(chronicle, metric, unit, lines)))
    runs = in_runs(points, chronicle.plan.every.check)
    told = _told(metric, _finite(points), unit, limits, _blanks(points), times)
    return Figure(
        title=clear(metric, 80),
        unit=unit,
        caption=told,
        alt=f"{clear(metric, 80)}: {told}",
        begin=chronicle.began,
        end=chronicle.until,
        runs=tuple(bounded(runs)),
        limits=limits,
        bands=tuple(gaps(runs, chronicle)),
        marks=marks,
        spark=spark([point.value for point in thinned(points, SPARK)]),
    )


def _told(metric: str, points: Sequence[Point], unit: str, limits: Sequence[Limit], blanks: int, times: Times) -> str:
    """The numbers of a figure in words."""
    values = [(point.value, point.at) for point in points if point.value is not None]
    (low, low_at), (high, high_at) = min(values), max(values)
    text = t(
        "last {last}, lowest {low} at {low_at}, highest {high} at {high_at}",
        last=number(values[-1][0], unit),
        low=number(low, unit),
        low_at=times.clock(low_at),
        high=number(high, unit),
        high_at=times.clock(high_at),
    )
    ends = list(dict.fromkeys(limit.label for limit in limits))
    ends += [t_many(blanks, "{count} look without data", "{count} looks without data")] if blanks else []
    return "; ".join([text, *ends]) + "."


def _limits(chronicle: Chronicle, metric: str, unit: str, lines: Mapping[str, Line]) -> Iterator[Limit]:
    """What each stage held the metric against, for as long as that stage lasted."""
    for each in stage_times(chronicle):
        stage = chronicle.plan.stages[min(each.stage, len(chronicle.plan.stages) - 1)]
        rules = [("hard", rule) for rule in stage.promote_when] + [("soft", rule) for rule in stage.warn_unless]
        for role, rule in [*rules, *(("trigger", rule) for rule in stage.rollback_when)]:
            condition = rule.condition
            line = lines.get(condition.text)
            if condition.subject.about is not About.METRIC or condition.subject.name != metric or line is None:
                continue
            if line.threshold is not None and math.isfinite(line.threshold):
                yield Limit(
                    role, line.threshold, _label(role, line, unit), each.begin, each.end, _bad(role, condition.op)
                )
            if line.reference is not None and math.isfinite(line.reference):
                label = t("baseline {value}", value=number(line.reference, unit))
                yield Limit("baseline", line.reference, label, each.begin, each.end)


def _label(role: str, line: Line, unit: str) -> str:
    condition = read(line.condition)
    sign = f"{_SIGNS[condition.op]} " if condition is not None and condition.op is not None else ""
    limit = f"{sign}{number(line.threshold, unit)}"
    match role:
        case "trigger":
            return t("trigger {limit}", limit=limit)
        case "soft":
            return t("warns unless {limit}", limit=limit)
        case _:
            return t("limit {limit}", limit=limit)


def _bad(role: str, op: Op | None) -> Literal["above", "below", ""]:
    """On which side of its line a metric is bad: a trigger says so itself, the others say what is good."""
    if op in (Op.ABOVE, Op.AT_LEAST):
        return "above" if role == "trigger" else "below"
    if op in (Op.BELOW, Op.AT_MOST):
        return "below" if role == "trigger" else "above"
    return ""


def _merged(limits: Iterable[Limit]) -> Iterator[Limit]:
    """The same line in the next stage goes on; a moment apart is no gap."""
    found: dict[tuple[str, float, str], Limit] = {}
    for each in limits:
        key = (each.role, each.value, each.label)
        before = found.get(key)
        joins = before is not None and each.begin - before.end <= timedelta(minutes=5)
        if before is not None and not joins:
            yield before
        begin = before.begin if before is not None and joins else each.begin
        found[key] = Limit(each.role, each.value, each.label, begin, each.end, each.bad)
    yield from found.values()


def stage_times(chronicle: Chronicle) -> list[StageTime]:
    """From each confirmation of a stage's weight to the next one, or to the end."""
    begun: list[tuple[int, datetime, int]] = []
    for record in chronicle.records:
        where, moment = record.body.get("at"), moment_of(record)
        stage = where.get("stage") if isinstance(where, Mapping) else None
        first = record.kind in ("stage_confirmed", "adopted", "observing")
        if moment is None or not isinstance(stage, int) or not 0 <= stage < len(chronicle.plan.stages):
            continue
        if first or (begun and begun[-1][0] != stage and record.kind in ("rolled_back", "observed_weight", "held")):
            begun.append((stage, min(max(moment, chronicle.began), chronicle.until), record.number))
    ends = [*(moment for _, moment, _ in begun[1:]), chronicle.until]
    return [StageTime(stage, moment, end, number) for (stage, moment, number), end in zip(begun, ends, strict=False)]


def _lines(chronicle: Chronicle) -> dict[str, Line]:
    """The newest line of each condition that has numbers, from the record and the last check."""
    found: dict[str, Line] = {}
    check = chronicle.rollout.check
    for line in [*(line for record in chronicle.records for line in judged(record)), *(check.lines if check else ())]:
        if line.threshold is not None or line.condition not in found:
            found[line.condition] = line
    return found


def _in_order(chronicle: Chronicle, lines: Mapping[str, Line]) -> list[str]:
    """Metrics that conditions speak of first, as the plan writes them; then the others, and what no plan names.

    One that is only asked how old it is has moments for values, and no course to be drawn.
    """
    plan = chronicle.plan
    subjects = [condition.subject for stage in plan.stages for condition in stage.conditions]
    aged = {each.name for each in subjects if each.about is About.AGE_OF}
    ruled = [each.name for each in subjects if each.name in plan.metrics and each.about is not About.AGE_OF]
    others = (name for name in (*plan.metrics, *sorted(chronicle.points)) if name not in aged)
    return list(dict.fromkeys([*ruled, *others]))


def _finite(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if point.value is not None and math.isfinite(point.value)]


def _blanks(points: Sequence[Point]) -> int:
    return len(points) - len(_finite(points))
