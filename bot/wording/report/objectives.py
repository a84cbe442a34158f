"""The SLO table: target, actual, status, and the error budget (000, E6, R13).

What is measured here is the rollout's own time, which is shorter than an SLO's window; so each row says how long it
was. The formulas are those of `bot.domain.slos` and `bot.domain.badness`, over that time:

    actual      = Σ value · time / Σ time          each value counts until the next one, no longer than two usual looks
    budget used = bad share / error budget         100 % is all that this time may use; more is beyond it
    of window   = budget used · measured / window  the part of the whole window's budget that this time has used up

"Budget used" is also the burn rate of the time. "Budget left" is that of the whole window, as the newest check knew
it; it may be other traffic's doing as well. Times without data count for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.badness import lasting, over, rhythm
from bot.domain.chronicle import Chronicle
from bot.domain.conditions import Op
from bot.domain.language.levels import Level
from bot.domain.language.spelling import spell_number
from bot.domain.plan import Slo
from bot.domain.slos import SloLevel, SloSeen, allowed, level_of, unit_of
from bot.domain.trends import Point
from bot.domain.units import Unit, convert
from bot.wording.language import t
from bot.wording.numbers import number
from bot.wording.report.pieces import Cell, Section, Table, Tone
from bot.wording.report.plainly import clear
from bot.wording.sentences import span

MANY, SPARSE = 5000, 1.5


@dataclass(frozen=True, slots=True)
class Kept:
    """How an objective was kept; `actual` is in its unit, `used` a share of the budget (1 is all of it)."""

    actual: float
    used: float | None
    """None for a target that leaves no budget."""
    measured: timedelta


def objectives(chronicle: Chronicle) -> Section | None:
    """The table; nothing for a plan without SLOs."""
    if not chronicle.plan.slos:
        return None
    rows = tuple(_row(chronicle, name, slo) for name, slo in chronicle.plan.slos.items())
    head = (t("Objective"), t("Target"), t("Actual"), t("Status"), t("Budget used"), t("Budget left"), t("Measured"))
    aside = t("Budget used is the bad share ÷ the error budget, over the measured time: 100% is all it may use.")
    aside += " " + t("Budget left is the whole window's, by the last check.")
    if _few_of_many(chronicle):
        aside += " " + t("More was measured than a report reads: actual values are approximate.")
    return Section(t("Service level objectives"), (Table(head, rows, aside),))


def kept(slo: Slo, unit: Unit, points: Sequence[Point], check: timedelta) -> Kept | None:
    """What the measurements, in `unit`, say of an objective; None without any."""
    spans = list(lasting(points, check))
    whole, found = sum(seconds for _, seconds in spans), over(slo, unit, points, check)
    if not whole or found is None:
        return None
    budget = allowed(slo)
    actual = sum(value * seconds for value, seconds in spans) / whole
    return Kept(actual, found.bad / budget if budget else None, found.measured)


def _few_of_many(chronicle: Chronicle) -> bool:
    """Whether highs and lows stand for more than was read: looks are further apart than checks were."""
    read = [chronicle.points.get(slo.metric or "", ()) for slo in chronicle.plan.slos.values()]
    check_s = chronicle.plan.every.check.total_seconds()
    return any(len(points) > MANY and rhythm(points) > SPARSE * check_s for points in read)


def _of(chronicle: Chronicle, slo: Slo) -> tuple[Unit, Kept | None]:
    metric = chronicle.plan.metrics.get(slo.metric) if slo.metric is not None else None
    if slo.metric is None or metric is None:
        return Unit.PERCENT, None
    unit = unit_of(slo, metric.unit)
    return unit, kept(slo, unit, chronicle.points.get(slo.metric, ()), chronicle.plan.every.check)


def _row(chronicle: Chronicle, name: str, slo: Slo) -> tuple[Cell, ...]:
    check = chronicle.rollout.check
    seen = next((each for each in check.slos if each.name == name), None) if check is not None else None
    head = (Cell(clear(name, 60), code=True), Cell(target(slo.target)))
    unit, found = _of(chronicle, slo)
    if found is not None:
        word, tone = _status(slo, level_of(slo, found.actual, unit))
        measured = t("{measured} of the {window} window", measured=span(found.measured), window=span(slo.window))
        used = Cell(_used(found, slo), tone)
        return (
            *head,
            Cell(_shown(found.actual, unit, slo)),
            Cell(word, tone),
            used,
            _left(seen),
            Cell(measured, "mute"),
        )
    if slo.metric is None and seen is not None and seen.actual.value is not None and seen.level is not None:
        word, tone = _status(slo, seen.level)
        counted = t("events of {window}, by its source", window=span(slo.window))
        return (
            *head,
            Cell(_shown(seen.actual.value, unit, slo)),
            Cell(word, tone),
            Cell("–"),
            _left(seen),
            Cell(counted, "mute"),
        )
    window = t("0 s of the {window} window", window=span(slo.window))
    unknown = Cell(t("not measured"), "warn")
    return (*head, Cell(t("no data")), unknown, Cell("–"), _left(seen), Cell(window, "mute"))


def target(level: Level) -> str:
    """`≥ 99.9%`, `≤ 1500ms`: a target with its side, also where a plan needn't write it."""
    sign = {Op.AT_LEAST: "≥", Op.AT_MOST: "≤"}.get(level.op, level.op.value)
    return f"{sign} {spell_number(level.number)}"


def _shown(value: float, unit: Unit, slo: Slo) -> str:
    """Like its target: of a ratio in percent."""
    shown = Unit.PERCENT if unit is Unit.RATIO else unit
    limit = convert(slo.target.number.value, slo.target.number.unit, shown)
    return number(round(convert(value, unit, shown), 9), shown.value, limit)


def _left(seen: SloSeen | None) -> Cell:
    if seen is None or seen.budget.value is None:
        return Cell("–")
    left = seen.budget.value
    return Cell(number(left, "percent"), "bad" if left < 10 else "warn" if left < 25 else "good")


def _status(slo: Slo, level: SloLevel) -> tuple[str, Tone]:
    """The level that it keeps, and what it doesn't."""
    match level:
        case SloLevel.PASS:
            return t("✅ kept"), "good"
        case SloLevel.WARNING:
            return t("⚠️ warning: {missed}", missed=_beyond(slo, slo.target)), "warn"
        case SloLevel.CRITICAL:
            return t("❌ critical: {missed}", missed=_beyond(slo, slo.warning or slo.target)), "bad"
        case _:
            missed = slo.critical or slo.warning or slo.target
            return t("🛑 violated: {missed}", missed=_beyond(slo, missed)), "bad"


def _beyond(slo: Slo, level: Level) -> str:
    limit = spell_number(level.number)
    return t("over {level}", level=limit) if slo.target.low_is_good else t("under {level}", level=limit)


def _used(found: Kept, slo: Slo) -> str:
    if found.used is None:
        return t("it leaves no error budget")
    share = found.used * (found.measured / slo.window) * 100 if slo.window else 0.0
    used, whole = (number(round(value, 4), "percent") for value in (found.used * 100, share))
    return t("{used}; {share} of the window's", used=used, share=whole)


def missed(chronicle: Chronicle) -> list[str]:
    """Objectives that the measured time hasn't kept, by name: for the recommendation."""
    found = ((name, slo, *_of(chronicle, slo)) for name, slo in chronicle.plan.slos.items())
    return [name for name, slo, unit, was in found if was is not None and level_of(slo, was.actual, unit) != "pass"]
