"""Plan check: SLOs, whether they can be measured, and what conditions ask of them (R13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.domain.badness import COVERED
from bot.domain.conditions import About
from bot.domain.evidence import canonical
from bot.domain.language.levels import Level
from bot.domain.language.spelling import spell_number
from bot.domain.objectives import source_of
from bot.domain.plan import Slo
from bot.domain.planning.draft import Draft, Use, Where
from bot.domain.planning.report import Finding, Mistake, Note, Path
from bot.domain.planning.shape import suggest
from bot.domain.planning.slos import WINDOW
from bot.domain.slos import allowed, implied
from bot.domain.units import Unit, convert, spell_duration

_PHRASES = (About.ALL_SLOS_PASS, About.NO_SLO_FAILS, About.SLOS_VIOLATED)
_SPENT = (About.BUDGET, About.BURN)
_LATER = (Where.KILLED, Where.VERIFY)
_LIMITS = {
    Unit.PERCENT: "99.9%, or < 1%",
    Unit.RATIO: "99.9%, or < 1%",
    Unit.SECONDS: "<= 1500ms",
    Unit.MILLISECONDS: "<= 1500ms",
    Unit.PER_SECOND: "< 10/s",
    Unit.PER_MINUTE: "< 10/min",
    Unit.PER_HOUR: "< 10/h",
    Unit.BYTES: "<= 2GiB",
}


def check_slos(draft: Draft) -> Iterator[Finding]:
    """What each SLO is about, its levels and its budget; and every condition that speaks of one."""
    for name, slo in draft.plan.slos.items():
        place = draft.place("slos", name)
        yield from _metric(draft, place, slo)
        yield from _events(draft, place, slo)
        yield from _levels(draft, place, slo)
        yield from _budget(place, slo)
    for use in draft.uses():
        yield from _phrase(draft, use)
        yield from _spending(draft, use)


def _metric(draft: Draft, place: Path, slo: Slo) -> Iterator[Finding]:
    if slo.metric is None:
        return
    metric = draft.plan.metrics.get(slo.metric)
    if slo.metric not in draft.names("metrics"):
        hint = suggest(slo.metric, draft.names("metrics"))
        yield Mistake((*place, "metric"), f"there is no metric '{slo.metric}'", hint)
    elif metric is not None and metric.series == "each":
        what = f"{slo.metric} is judged for each of its series, and an SLO is about one number"
        yield Mistake((*place, "metric"), what, "series: max or min gives one number")


def _events(draft: Draft, place: Path, slo: Slo) -> Iterator[Finding]:
    source = source_of(draft.plan, slo) if slo.counts_events else None
    if isinstance(source, str) and source not in draft.names("sources"):
        hint = suggest(source, draft.names("sources"))
        yield Mistake((*place, "source"), f"there is no source '{source}'", hint)
    for key, ask in (("good", slo.good), ("total", slo.total)):
        if ask is not None and WINDOW not in canonical(ask):
            what = f"'{key}' doesn't say over which time: the budget's window isn't the burn's"
            yield Mistake((*place, key), what, f"write {WINDOW} where the range goes, as: increase(x[{WINDOW}])")
        if ask is not None and "$side" in canonical(ask) and "canary" not in draft.plan.sides:
            yield Mistake((*place, key), "it asks with $side, and no sides are given", "add: sides: {canary: …}")


def _unit(draft: Draft, slo: Slo) -> Unit | None:
    """The unit of its levels; None where its metric is unknown."""
    if slo.metric is None:
        return Unit.PERCENT
    metric = draft.plan.metrics.get(slo.metric)
    return metric.unit if metric is not None else None


def _levels(draft: Draft, place: Path, slo: Slo) -> Iterator[Finding]:
    unit = _unit(draft, slo)
    written = [(key, level) for key in ("target", "warning", "critical") if (level := getattr(slo, key)) is not None]
    told = False
    for key, level in written:
        if unit is not None and level.number.unit.dimension is not unit.dimension:
            yield _unlike(slo, (*place, key), level, unit)
            told = True
        elif level.low_is_good is not slo.target.low_is_good:
            yield Mistake((*place, key), f"{key} is on the other side than the target", f"write {slo.target.op} …")
            told = True
    if unit is None or told:
        return
    if slo.counts_events and slo.metric is None and slo.target.low_is_good:
        what = "good of total is a share of good events, of which more is better"
        yield Mistake((*place, "target"), what, "as: 99.9%")
    values = [convert(level.number.value, level.number.unit, unit) for _, level in written]
    if values != sorted(values, reverse=not slo.target.low_is_good):
        order = "rise" if slo.target.low_is_good else "fall"
        yield Note(place, f"target, warning and critical should {order} in this order", "")


def _unlike(slo: Slo, place: Path, level: Level, unit: Unit) -> Mistake:
    about = slo.metric or "a share of events"
    if level.number.unit is Unit.COUNT:
        what = f"{spell_number(level.number)} has no unit: {about} is in {unit.value.replace('_', ' ')}"
    else:
        what = f"{level} can't be compared with {about}, which is in {unit.value.replace('_', ' ')}"
    return Mistake(place, what, f"as: {_LIMITS.get(unit, '<= 100')}")


def _budget(place: Path, slo: Slo) -> Iterator[Finding]:
    """Where the target is a share, its budget follows from it; said otherwise, one of the two is a slip."""
    if slo.window <= timedelta(0):
        yield Mistake((*place, "window"), "a window of no time keeps nothing", "as: 30d")
    if slo.error_budget is None:
        return
    leaves, said = implied(slo), float(slo.error_budget.rstrip("%"))
    of_time = slo.target.low_is_good or slo.target.number.unit is not Unit.PERCENT
    if slo.counts_events and of_time:
        what = "good and total count events, and the target isn't a share of good ones"
        yield Mistake((*place, "target"), what, "make two SLOs of it")
    elif not of_time and leaves is not None and abs(said - 100 * leaves) > 1e-9:
        what = f"a target of {slo.target} leaves a budget of {100 * leaves:.10g}%, not {slo.error_budget}"
        yield Mistake((*place, "error_budget"), what, "leave it out")
    elif said <= 0:
        yield Mistake((*place, "error_budget"), "a budget of nothing is none", "as: 0.1%")


def _phrase(draft: Draft, use: Use) -> Iterator[Finding]:
    about = use.condition.subject.about
    if about not in (*_PHRASES, *_SPENT):
        return
    if use.where in _LATER:
        yield use.mistake(f"'{use.condition}' works in stages and complete_when only", "look at a metric instead")
    if about in _PHRASES and not draft.names("slos"):
        yield use.mistake("there are no slos", "add: slos: {NAME: {metric: METRIC, target: 99.9%, window: 30d}}")


def _spending(draft: Draft, use: Use) -> Iterator[Finding]:
    """What a budget or its burn rests on."""
    subject = use.condition.subject
    slo = draft.plan.slos.get(subject.name) if subject.about in _SPENT else None
    if slo is None:
        return
    budget = allowed(slo)
    if budget is None:
        what = f"{subject.name} has no error budget: its target leaves none"
        yield use.mistake(what, "add error_budget: 1% to it, the share of the time in which it may be missed")
    elif budget <= 0:
        yield use.mistake(f"a target of {slo.target} leaves no error budget", "aim lower, as: 99.99%")
    for over in subject.over:
        if over > slo.window:
            what = f"{spell_duration(over)} is longer than the window of {subject.name}, {spell_duration(slo.window)}"
            yield use.mistake(what, f"budget({subject.name}) is about the whole window")
    if budget and not slo.counts_events:
        yield from _unmeasured_at_first(draft, use, COVERED * max(subject.over, default=slo.window))


def _unmeasured_at_first(draft: Draft, use: Use, needed: timedelta) -> Iterator[Finding]:
    """What rests on Perch's own measurements has no data until there are enough; after a while that holds."""
    name, known = use.condition.subject.name, spell_duration(needed)
    bakes = sum((stage.bake for stage in draft.plan.stages), timedelta(0))
    if needed > bakes:
        what = (
            f"{known} of measurements are needed before '{use.condition}' is known, "
            f"and the stages bake for {spell_duration(bakes)}"
        )
        yield use.note(what, f"add good: and total: to {name}, which its source can be asked at once")
        return
    judged, patience = use.where in (Where.HARD, Where.TRIGGER), draft.plan.no_data.after
    if use.stage == 0 and judged and max(patience, use.condition.after or timedelta(0)) < needed:
        what = f"it has no data for the first {known}, and missing data is waited for {spell_duration(patience)} only"
        yield use.note(what, f"write {use.condition} after {known}; or add good: and total: to {name}")
