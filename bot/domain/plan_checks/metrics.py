"""Plan check: metrics and what they lean on; the names of SLOs and events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from bot.domain.conditions import About, Condition, Relative
from bot.domain.evidence import canonical
from bot.domain.language.grammar import RESERVED
from bot.domain.plan import BaselineSpec, Metric
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake
from bot.domain.planning.shape import suggest
from bot.domain.units import Unit, spell_duration

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMPARED = (About.METRIC, About.NEVER_DECREASES)
_PROBED = (About.DOWN, About.UP, About.AVAILABILITY)


def check_metrics(draft: Draft) -> Iterator[Finding]:
    """Names, sources, baselines and companions of every metric; and what conditions take a metric for."""
    for section in ("metrics", "slos"):
        yield from _names(draft, section)
    for name, metric in draft.plan.metrics.items():
        yield from _source(draft, name, metric)
        yield from _companions(draft, name, metric)
        yield from _baseline(draft, name, metric)
        yield from _confirming(draft, name, metric)
    yield from _taken_for(draft)


def _names(draft: Draft, section: str) -> Iterator[Finding]:
    for name in sorted(draft.names(section)):
        if name in RESERVED:
            yield Mistake(
                (section, name), f"'{name}' is a word of the condition language", "name it otherwise", 0, True
            )
        elif not _NAME.fullmatch(name):
            hint = f"letters, digits and _, as: {re.sub(r'[^A-Za-z0-9_]+', '_', name)}"
            yield Mistake((section, name), f"'{name}' can't be written in a condition", hint, 0, True)


def _source(draft: Draft, name: str, metric: Metric) -> Iterator[Finding]:
    if isinstance(metric.source, str) and metric.source not in draft.names("sources"):
        hint = suggest(metric.source, draft.names("sources"))
        yield Mistake(draft.place("metrics", name, "source"), f"there is no source '{metric.source}'", hint)
    sides = set(draft.plan.sides)
    if "$side" in canonical(metric.ask) and "canary" not in sides:
        hint = "add: sides: {canary: 'track=\"canary\"', stable: 'track=\"stable\"'}"
        yield Mistake(draft.place("metrics", name), f"{name} asks with $side, and no sides are given", hint)
    if str(metric.ask.get("as", "")).startswith("timestamp") and metric.unit not in (Unit.TIMESTAMP, Unit.SECONDS):
        what = f"{name} is read as a time, and its unit is {metric.unit.value}"
        yield Mistake(draft.place("metrics", name, "unit"), what, "write unit: timestamp")
    kind = draft.kind_of(metric)
    if kind is not None and kind.unit is not None and kind.unit.dimension is not metric.unit.dimension:
        what = f"this source answers in {kind.unit.value}, not in {metric.unit.value}"
        yield Mistake(draft.place("metrics", name, "unit"), what, f"write unit: {kind.unit.value}")


def _companions(draft: Draft, name: str, metric: Metric) -> Iterator[Finding]:
    place = draft.place("metrics", name)
    if metric.alive_when is not None and metric.alive_when not in draft.names("metrics"):
        hint = suggest(metric.alive_when, draft.names("metrics"))
        yield Mistake((*place, "alive_when"), f"there is no metric '{metric.alive_when}'", hint)
    if metric.empty_is is not None and metric.alive_when is None:
        what = "an empty answer is only read as a value while another metric shows that the source is alive"
        yield Mistake((*place, "empty_is"), what, "add: alive_when: METRIC")
    if metric.alive_when is not None and name in _alive_chain(draft, name):
        yield Mistake(
            (*place, "alive_when"), f"{name} would prove itself alive", "name a metric that has no alive_when"
        )


def _alive_chain(draft: Draft, name: str) -> set[str]:
    """The metrics that a metric leans on, directly or not."""
    chain: set[str] = set()
    metric = draft.plan.metrics.get(name)
    while metric is not None and metric.alive_when is not None and metric.alive_when not in chain:
        chain.add(metric.alive_when)
        metric = draft.plan.metrics.get(metric.alive_when)
    return chain


def _baseline(draft: Draft, name: str, metric: Metric) -> Iterator[Finding]:
    spec = metric.baseline
    if spec is None:
        return
    yield from _asked_back(draft, name, metric, spec)
    if spec.stage is None:
        return
    labels = {label for _, stage in draft.stages() for label in (stage.name, str(stage.weight)) if label}
    if spec.stage not in labels:
        place = draft.place("metrics", name, "baseline", "stage")
        yield Mistake(place, f"there is no stage '{spec.stage}'", suggest(spec.stage, labels))


def _confirming(draft: Draft, name: str, metric: Metric) -> Iterator[Finding]:
    """What confirms a weight is asked the same in every rollout, so that nothing but the weight can make it differ."""
    kind = draft.kind_of(metric)
    if name != draft.plan.confirm.metric or kind is None or kind.names is None:
        return
    asked = kind.asked(metric.ask)
    named = sorted(kind.names(asked)) if asked is not None else []
    if named:
        what = f"{name} confirms the weight, and can't name {named[0]} of its rollout"
        yield Mistake(draft.place("confirm", "metric"), what, "confirm by a metric that asks the same in every rollout")


def _asked_back(draft: Draft, name: str, metric: Metric, spec: BaselineSpec) -> Iterator[Finding]:
    """A baseline from before the start is asked of the source; one in a stage, or of the last rollout, Perch has."""
    key = "before_start" if spec.before_start is not None else "ago"
    wanted = spec.before_start if spec.before_start is not None else spec.ago and spec.ago + spec.over
    reach = _reach(draft, metric)
    if wanted is None or reach is None or wanted <= reach:
        return
    yield Mistake(draft.place("metrics", name, "baseline", key), _too_far(draft, name, metric, wanted, reach), _AT_HAND)


_AT_HAND = "baseline: {stage: NAME} or {previous: true} takes it from what Perch measured; sql can name :at"


def _reach(draft: Draft, metric: Metric) -> timedelta | None:
    """How far back a metric can be asked about; None for as far as anybody likes, or where it can't be told."""
    kind = draft.kind_of(metric)
    asked = kind.asked(metric.ask) if kind is not None else None
    return kind.reach(asked) if kind is not None and kind.reach is not None and asked is not None else None


def _too_far(draft: Draft, name: str, metric: Metric, wanted: timedelta, reach: timedelta) -> str:
    part = draft.source_of(metric)
    kind = part.kind if part else "its source"
    if reach <= timedelta(0):
        return f"{name} comes from {kind}, which only tells how it is now"
    return f"{name} comes from {kind}, which reaches back {spell_duration(reach)}, not {spell_duration(wanted)}"


def _judged_for_each(condition: Condition) -> bool:
    """There is one baseline, and one memory: what leans on them is about one number."""
    return condition.subject.about in (About.METRIC, About.AGE_OF) and not isinstance(condition.value, Relative)


def _taken_for(draft: Draft) -> Iterator[Finding]:
    for use in draft.uses():
        subject = use.condition.subject
        metric = draft.plan.metrics.get(subject.name)
        if metric is None:
            continue
        if subject.about is About.AGE_OF and metric.unit not in (Unit.TIMESTAMP, Unit.SECONDS):
            what = f"age_of() needs a time in seconds since 1970, and {subject.name} is in {metric.unit.value}"
            yield use.mistake(what, f"give {subject.name} unit: timestamp")
        ago = use.condition.value.ago if isinstance(use.condition.value, Relative) else None
        if ago is not None and (reach := _reach(draft, metric)) is not None and ago > reach:
            yield use.mistake(_too_far(draft, subject.name, metric, ago, reach), _AT_HAND, use.places.value)
        if subject.about in _COMPARED and metric.unit is Unit.TIMESTAMP:
            yield use.mistake(f"{subject.name} is a time, of which only the age tells", f"age_of({subject.name}) < 2m")
        if metric.series == "each" and not _judged_for_each(use.condition):
            what = f"{subject.name} is judged for each of its series, which '{use.condition}' can't be"
            yield use.mistake(what, "series: max or min gives one number")
        if subject.about in _PROBED and metric.unit is not Unit.COUNT:
            what = f"'{subject.about}' needs a probe (1 is up, 0 is down), and {subject.name} is in {metric.unit.value}"
            yield use.mistake(what, f"{subject.name} < VALUE compares it with a number")
