"""Metrics against their limits since the start: as a picture, as Slack's own charts, and in words for the ear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.conditions import About, Op
from bot.domain.rollout import Line
from bot.domain.trends import Point, measured, thinned
from bot.ports import Chart, Level, Mark, Panel, Picture
from bot.wording.blocks import Block
from bot.wording.claims import read
from bot.wording.language import t
from bot.wording.nearest import by_metric
from bot.wording.numbers import number
from bot.wording.sentences import cut, joined, span
from bot.wording.sparks import direction_word
from bot.wording.telling import Telling

PANELS = 4
"""More can't be read on a phone; the table beside the picture has all."""
NATIVE, NATIVE_POINTS, NATIVE_TITLE, NATIVE_NAME = 1, 20, 50, 20
ALT = 1900
_STEPS = ((timedelta(minutes=10), 1, "s"), (timedelta(hours=5), 60, "min"), (timedelta(days=4), 3600, "h"))
_SIGNS = {Op.ABOVE: ">", Op.AT_LEAST: "≥", Op.BELOW: "<", Op.AT_MOST: "≤", Op.EQUAL: "=", Op.NOT_EQUAL: "≠"}


def picture(telling: Telling) -> Picture | None:
    """The chart of the metrics that matter most; None where nothing was measured twice."""
    lines = _charted(telling)
    if not lines:
        return None
    size, unit = _step(telling)
    chart = Chart(
        title=t("{plan} at {weight}", plan=telling.rollout.plan, weight=_weight(telling)),
        time=t("{unit} since the start", unit=unit),
        panels=tuple(_panel(line, telling, size) for line in lines),
        changes=tuple((_since(shift.at, telling, size), str(shift.weight)) for shift in telling.history.shifts),
    )
    return Picture(chart, alt(telling), lost=t("The picture of these numbers is missing: it could not be made."))


def alt(telling: Telling) -> str:
    """The picture's numbers, for those who can't see it."""
    lines = _charted(telling)
    age = span(telling.now - telling.rollout.started_at)
    told = [t("Chart of {count} metrics since the start {age} ago.", count=len(lines), age=age)]
    told += [_heard(line, telling) for line in lines]
    if telling.history.shifts:
        changes = [
            t("{weight} after {length}", weight=shift.weight, length=span(shift.at - telling.rollout.started_at))
            for shift in telling.history.shifts
        ]
        told.append(t("Stages: {changes}.", changes=joined(changes)))
    return cut(" ".join(told), ALT)


def _heard(line: Line, telling: Telling) -> str:
    values = measured(telling.history.values(line.metric))
    numbers = {
        "name": line.metric,
        "now": number(values[-1], line.unit),
        "low": number(min(values), line.unit),
        "high": number(max(values), line.unit),
    }
    ends = [_limit(line)] if line.threshold is not None else []
    ends += [t("baseline {value}", value=number(line.reference, line.unit))] if line.reference is not None else []
    ends += [word] if (word := direction_word(telling.history.values(line.metric))) else []
    return t("{name}: {now}, between {low} and {high}", **numbers) + "".join(f", {end}" for end in ends) + "."


def native(telling: Telling) -> list[Block]:
    """Slack's own line chart of the metric that matters most: value, limit and baseline. The picture has the others."""
    size, unit = _step(telling)
    charts = (_native(line, telling, size, unit) for line in _charted(telling)[:NATIVE])
    return [chart for chart in charts if chart]


def _native(line: Line, telling: Telling, size: float, unit: str) -> Block:
    known = [point for point in telling.history.points[line.metric] if _finite(point)]
    shown = thinned(known, NATIVE_POINTS)
    points = dict(zip(_labels(shown, telling, size, unit), (point.value for point in shown), strict=True))
    if len(points) < 2:
        return {}
    series = [_series(t("measured"), points)]
    if line.threshold is not None and math.isfinite(line.threshold):
        series.append(_series(t("limit"), dict.fromkeys(points, line.threshold)))
    if line.reference is not None and math.isfinite(line.reference):
        series.append(_series(t("baseline"), dict.fromkeys(points, line.reference)))
    symbol = _symbol(line.unit)
    axes = {"categories": list(points), "x_label": t("since the start"), **({"y_label": symbol} if symbol else {})}
    return {
        "type": "data_visualization",
        "title": cut(line.metric, NATIVE_TITLE),
        "chart": {"type": "line", "series": series, "axis_config": axes},
    }


def _labels(points: Sequence[Point], telling: Telling, size: float, unit: str) -> list[str]:
    """`12 s`, `3.5 min`: as few digits as tell the moments apart."""
    moments = [(point.at - telling.rollout.started_at).total_seconds() / size for point in points]
    for digits in (0, 1, 2):
        labels = [f"{moment:.{digits}f} {unit}" for moment in moments]
        if len({*labels}) == len(labels):
            break
    return labels


def _series(name: str, points: dict[str, float | None]) -> Block:
    data = [{"label": label, "value": round(value or 0.0, 6)} for label, value in points.items()]
    return {"name": cut(name, NATIVE_NAME), "data": data}


def _charted(telling: Telling) -> Sequence[Line]:
    """The metrics that were measured often enough for a line."""
    lines = [line for line in by_metric(list(filter(_has_a_course, telling.lines()))) if line.threshold is not None]
    return [line for line in lines if len(measured(telling.history.values(line.metric))) > 1][:PANELS]


def _has_a_course(line: Line) -> bool:
    """An age's limit is none of the moments that it is counted from."""
    condition = read(line.condition)
    return condition is not None and condition.subject.about is About.METRIC


def _panel(line: Line, telling: Telling, size: float) -> Panel:
    points = telling.history.points[line.metric]
    levels = []
    if line.threshold is not None and math.isfinite(line.threshold):
        levels.append(Level(Mark.LIMIT, line.threshold, _limit(line)))
    if line.reference is not None and math.isfinite(line.reference):
        told = t("baseline {value}", value=number(line.reference, line.unit))
        levels.append(Level(Mark.BASELINE, line.reference, told))
    return Panel(
        title=cut(line.metric, 60),
        unit=_symbol(line.unit),
        across=tuple(_since(point.at, telling, size) for point in points),
        up=tuple(point.value if _finite(point) else None for point in points),
        levels=tuple(levels),
    )


def _finite(point: Point) -> bool:
    return point.value is not None and math.isfinite(point.value)


def _limit(line: Line) -> str:
    condition = read(line.condition)
    sign = f"{_SIGNS[condition.op]} " if condition is not None and condition.op is not None else ""
    limit = f"{sign}{number(line.threshold, line.unit)}"
    return t("trigger {limit}", limit=limit) if line.role == "trigger" else t("limit {limit}", limit=limit)


def _symbol(unit: str) -> str:
    """What the numbers of an axis are counted in."""
    return {"percent": "%", "seconds": "s", "bytes": "bytes"}.get(unit, "") or number(1.0, unit).lstrip("1 ")


def _step(telling: Telling) -> tuple[float, str]:
    """The unit of the time axis, in seconds and by name."""
    age = telling.now - telling.rollout.started_at
    return next(((size, unit) for most, size, unit in _STEPS if age < most), (86400, "d"))


def _since(at: datetime, telling: Telling, size: float) -> float:
    return round((at - telling.rollout.started_at).total_seconds() / size, 2)


def _weight(telling: Telling) -> str:
    check = telling.check()
    index = check.stage if check is not None else telling.rollout.stage
    return str(telling.plan.stage_weight(min(index, len(telling.plan.stages) - 1)))
