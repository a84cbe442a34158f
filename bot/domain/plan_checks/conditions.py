"""Plan check: does each condition speak of things that exist, and stand where it can work?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.conditions import About, Reference, Relative
from bot.domain.evidence import canonical
from bot.domain.planning.draft import Draft, Use, Where
from bot.domain.planning.report import Finding
from bot.domain.planning.shape import suggest

_SECTION = {
    About.METRIC: "metrics",
    About.AGE_OF: "metrics",
    About.DOWN: "metrics",
    About.UP: "metrics",
    About.AVAILABILITY: "metrics",
    About.NEVER_DECREASES: "metrics",
    About.BUDGET: "slos",
    About.BURN: "slos",
}
_CALLED = {"metrics": "metric", "slos": "SLO"}
_LATER = (Where.KILLED, Where.VERIFY)


def check_conditions(draft: Draft) -> Iterator[Finding]:
    """Names, references, clauses and rule options of every condition, and conditions written twice."""
    seen: set[tuple[object, str]] = set()
    for use in draft.uses():
        yield from _name(draft, use)
        yield from _reference(draft, use)
        yield from _clauses(use)
        yield from _options(use)
        yield from _sense(use)
        key = (use.path[: -2 if use.path[-1] in ("condition", "auto") else -1], use.condition.text)
        if key in seen:
            yield use.mistake(f"'{use.condition}' stands here twice", "keep one of the two")
        seen.add(key)


def _name(draft: Draft, use: Use) -> Iterator[Finding]:
    subject = use.condition.subject
    section = _SECTION.get(subject.about)
    if section is None or subject.name in draft.names(section):
        return
    for other, way in (("metrics", f"{subject.name} < VALUE"), ("slos", f"budget({subject.name}) > 50%")):
        if subject.name in draft.names(other):
            yield use.mistake(f"'{subject.name}' is no {_CALLED[section]} but one of the {other}", way)
            return
    yield use.mistake(f"there is no {_CALLED[section]} '{subject.name}'", suggest(subject.name, draft.names(section)))


def _reference(draft: Draft, use: Use) -> Iterator[Finding]:
    value, subject = use.condition.value, use.condition.subject
    if not isinstance(value, Relative):
        return
    metric = draft.plan.metrics.get(subject.name)
    if subject.about is not About.METRIC:
        yield use.mistake(f"{subject.about}() can't be compared with '{value.reference}'", "", use.places.value)
    elif metric is not None and value.reference is Reference.BASELINE and metric.baseline is None:
        hint = f"add to {subject.name}: baseline: {{before_start: 30m}}"
        yield use.mistake(f"{subject.name} has no baseline to compare with", hint, use.places.value)
    elif metric is not None and value.reference is Reference.STABLE:
        yield from _stable(draft, use, canonical(metric.ask))


def _stable(draft: Draft, use: Use, asked: str) -> Iterator[Finding]:
    lacking = {"canary", "stable"} - set(draft.plan.sides)
    if lacking:
        hint = "add: sides: {canary: 'track=\"canary\"', stable: 'track=\"stable\"'}"
        what = f"'stable' needs sides, and {' and '.join(sorted(lacking))} isn't given"
        yield use.mistake(what, hint, use.places.value)
    if "$side" not in asked:
        name = use.condition.subject.name
        hint = "put $side among its labels, as: rate(errors_total{$side}[5m])"
        yield use.mistake(f"'stable' needs $side in the query of {name}", hint, use.places.value)


def _clauses(use: Use) -> Iterator[Finding]:
    for word in ("for", "times"):
        offset = use.places.clause(word)
        if offset is not None and use.where is not Where.TRIGGER:
            said = "times in a row" if word == "times" else word
            hint = "the stage's clean_for: asks for a clean time" if use.stage is not None else "leave it out"
            yield use.mistake(f"'{said}' works in rollback_when only", hint, offset)
    within, after = use.places.clause("within"), use.places.clause("after")
    if within is not None and use.where not in _LATER:
        hint = "for DURATION says how long, after DURATION from when" if use.where is Where.TRIGGER else "leave it out"
        yield use.mistake("'within' works in killed_when and verify_after only", hint, within)
    if after is not None and use.stage is None:
        yield use.mistake("'after' counts from a stage's beginning, and this is in no stage", "leave it out", after)
    if within is None and use.where is Where.KILLED:
        yield use.note("a killed_when without a time is waited for without end", "add: within 30s")


def _options(use: Use) -> Iterator[Finding]:
    rule = use.rule
    if rule is None:
        return
    if rule.on_fail is not None and use.where is not Where.HARD:
        yield use.mistake("on_fail works in promote_when only", "a trigger's answer is on_breach")
    if rule.on_breach is not None and use.where is not Where.TRIGGER:
        yield use.mistake("on_breach works in rollback_when only", "a hard condition's answer is on_fail")
    if rule.danger is not None and use.where is not Where.TRIGGER:
        yield use.mistake("class works in rollback_when only", "leave it out")


def _sense(use: Use) -> Iterator[Finding]:
    about, name = use.condition.subject.about, use.condition.subject.name
    if about is About.NEVER_DECREASES and use.where in (*_LATER, Where.TRIGGER):
        hint = "as a hard condition, with on_fail: rollback" if use.where is Where.TRIGGER else "leave it out"
        yield use.mistake("'never decreases' works in promote_when, warn_unless, checklists and complete_when", hint)
    if about is About.CHECK_FAILS and use.where is not Where.TRIGGER:
        yield use.mistake("'check fails' works in rollback_when only", "as: check fails 3 times in a row")
    must_hold = use.where in (Where.HARD, Where.SOFT, Where.ITEM, Where.COMPLETE)
    if must_hold and about in (About.DOWN, About.SLOS_VIOLATED):
        meant = f"{name} up" if about is About.DOWN else "all slos pass"
        yield use.note(f"this must hold to go on, so '{use.condition}' asks for trouble", f"did you mean '{meant}'?")
