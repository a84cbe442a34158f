"""Plan check: units. 1 % and 0.01 look alike in an incident, 10 a minute and 10 a second too."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.conditions import About, Number, Op, Relative
from bot.domain.language.spelling import spell_number
from bot.domain.plan import Metric
from bot.domain.planning.draft import Draft, Use, Where
from bot.domain.planning.report import Finding, Note
from bot.domain.units import Dimension, Unit, convert

_FORMS = {
    Unit.SECONDS: ("s", "ms"),
    Unit.MILLISECONDS: ("ms", "s"),
    Unit.PER_SECOND: ("/s", "/min", "/h"),
    Unit.PER_MINUTE: ("/min", "/s", "/h"),
    Unit.PER_HOUR: ("/h", "/min", "/s"),
    Unit.BYTES: ("B", "MiB", "GiB"),
    Unit.PERCENT: ("%",),
    Unit.RATIO: ("%",),
    Unit.COUNT: ("",),
}
_OWN = {About.AVAILABILITY: Unit.PERCENT, About.BUDGET: Unit.PERCENT, About.BURN: Unit.COUNT}


def check_units(draft: Draft) -> Iterator[Finding]:
    """Every threshold against the unit of what it is compared with, and every query against its metric's unit."""
    for use in draft.uses():
        unit = _unit(draft, use)
        if unit is None:
            continue
        match use.condition.value:
            case Number() as number:
                yield from _number(use, number, unit)
            case Relative() as relative:
                yield from _change(use, relative, unit)
    for name, metric in draft.plan.metrics.items():
        yield from _query(draft, name, metric)


def _unit(draft: Draft, use: Use) -> Unit | None:
    subject = use.condition.subject
    metric = draft.plan.metrics.get(subject.name)
    if subject.about is About.METRIC:
        # A time is compared with nothing; `metrics.py` tells that.
        return metric.unit if metric and metric.unit is not Unit.TIMESTAMP else None
    if subject.about is About.AGE_OF:
        return Unit.SECONDS
    return _OWN.get(subject.about)


def _number(use: Use, number: Number, unit: Unit) -> Iterator[Finding]:
    subject, at = use.condition.subject, use.places.value
    name = subject.name if subject.about is About.METRIC else f"{subject.about}({subject.name})"
    shown = spell_number(number)
    if number.unit.dimension is unit.dimension:
        yield from _traps(use, number, unit, name)
    elif number.unit is Unit.COUNT:
        what = f"{shown} has no unit: {name} is in {unit.value.replace('_', ' ')}"
        yield use.mistake(what, f"write {_fix(shown, number.value, unit)}", at)
    elif unit is Unit.COUNT:
        yield use.mistake(f"{name} is a plain number, not {shown}", f"write {number.value:g}", at)
    else:
        what = f"{shown} can't be compared with {name}, which is in {unit.value.replace('_', ' ')}"
        yield use.mistake(what, f"write it as {_fix('N', 100, unit)}", at)


def _fix(shown: str, value: float, unit: Unit) -> str:
    if unit.dimension is Dimension.SHARE and 0 < value <= 1:
        return f"{value * 100:g}%, or {shown}% if that small a share is meant"
    return " or ".join(shown + suffix for suffix in _FORMS[unit])


def _traps(use: Use, number: Number, unit: Unit, name: str) -> Iterator[Finding]:
    value, at = convert(number.value, number.unit, unit), use.places.value
    if unit.dimension is Dimension.SHARE:
        yield from _share_traps(use, number)
    if unit.dimension is Dimension.RATE and number.unit is not unit:
        what = f"{name} is read as {unit.value.replace('_', ' ')}, so {spell_number(number)} means {value:.4g} there"
        yield use.note(what, "its query must really give that", at)


def _share_traps(use: Use, number: Number) -> Iterator[Finding]:
    at, op, shown = use.places.value, use.condition.op, spell_number(number)
    if number.value > 100 or number.value < 0:
        yield use.mistake(f"a share is never {shown}", "0% to 100%", at)
    elif number.value == 100 and op is Op.ABOVE:
        yield use.mistake("a share is never above 100%", "write >= 100%", at)
    elif 0 < number.value <= 1 and op in (Op.ABOVE, Op.AT_LEAST) and use.where in (Where.HARD, Where.SOFT):
        yield use.note(f"{shown} is less than one in a hundred", f"did you mean {number.value * 100:g}%?", at)


def _change(use: Use, relative: Relative, unit: Unit) -> Iterator[Finding]:
    at = use.places.change
    share = unit.dimension is Dimension.SHARE
    shown = f"{abs(relative.change):g}"
    name = use.condition.subject.name
    if relative.unit is None and relative.change and share:
        what = f"{shown}% of the {relative.reference} is relative, not {shown} points"
        yield use.note(what, f"write {shown}pp if points are meant", at)
    elif relative.unit is None or relative.unit.dimension is unit.dimension:
        return
    elif relative.unit is Unit.COUNT:
        what = f"{shown} has no unit: {name} is in {unit.value.replace('_', ' ')}"
        ways = [f"{shown}pp" if share else shown + _FORMS[unit][0], f"{shown}% for a relative change"]
        yield use.mistake(what, "write " + ", or ".join(ways), at)
    elif relative.unit is Unit.PERCENT:
        yield use.mistake(f"points (pp) are for shares; {name} is in {unit.value}", f"write {shown}%", at)
    else:
        what = f"{name} is in {unit.value.replace('_', ' ')}, which {shown} {relative.unit.value} can't be added to"
        yield use.mistake(what, f"write {shown}%, or {shown}{_FORMS[unit][0]}", at)


def _query(draft: Draft, name: str, metric: Metric) -> Iterator[Note]:
    query = metric.ask.get("query")
    if not isinstance(query, str):
        return
    path = (*draft.place("metrics", name), "unit")
    compact = query.replace(" ", "")
    if metric.unit is Unit.PERCENT and "/" in compact and "100" not in compact:
        what = "percent means 0 to 100, and this query looks like a share from 0 to 1"
        yield Note(path, what, "write unit: ratio, or multiply by 100 in the query")
    if metric.unit is Unit.RATIO and "100*" in compact.replace("*100", "100*"):
        yield Note(path, "ratio means 0 to 1, and this query multiplies by 100", "write unit: percent")
    per_second = ("rate(" in compact or "irate(" in compact) and "/" not in compact
    if metric.unit in (Unit.PER_MINUTE, Unit.PER_HOUR) and per_second and "60" not in compact:
        yield Note(
            path, f"rate() counts per second, and {name} is {metric.unit.value.replace('_', ' ')}", _times(metric)
        )


def _times(metric: Metric) -> str:
    factor = 60 if metric.unit is Unit.PER_MINUTE else 3600
    return f"write unit: per_second, or multiply by {factor} in the query"
