"""Plan check: metrics, SLOs and what they lean on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.conditions import About
from bot.domain.evidence import canonical
from bot.domain.language.grammar import RESERVED
from bot.domain.plan import Metric
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, Note
from bot.domain.planning.shape import suggest
from bot.domain.units import Dimension, Unit

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROBED = (About.DOWN, About.UP, About.AVAILABILITY)


def check_metrics(draft: Draft) -> Iterator[Finding]:
    """Names, sources, baselines and companions of every metric; SLOs; and what conditions take a metric for."""
    for section in ("metrics", "slos", "events"):
        yield from _names(draft, section)
    for name, metric in draft.plan.metrics.items():
        yield from _source(draft, name, metric)
        yield from _companions(draft, name, metric)
        yield from _baseline(draft, name, metric)
    yield from _slos(draft)
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
    if spec is None or spec.stage is None:
        return
    labels = {label for _, stage in draft.stages() for label in (stage.name, str(stage.weight)) if label}
    if spec.stage not in labels:
        place = draft.place("metrics", name, "baseline", "stage")
        yield Mistake(place, f"there is no stage '{spec.stage}'", suggest(spec.stage, labels))


def _slos(draft: Draft) -> Iterator[Finding]:
    for name, slo in draft.plan.slos.items():
        place = draft.place("slos", name)
        metric = draft.plan.metrics.get(slo.metric)
        if slo.metric not in draft.names("metrics"):
            hint = suggest(slo.metric, draft.names("metrics"))
            yield Mistake((*place, "metric"), f"there is no metric '{slo.metric}'", hint)
        elif metric is not None and metric.unit.dimension is not Dimension.SHARE:
            what = f"an SLO is about a share, and {slo.metric} is in {metric.unit.value}"
            yield Mistake((*place, "metric"), what, "use a metric in percent or ratio")
        levels = [float(level.rstrip("%")) for level in (slo.target, slo.warning, slo.critical) if level]
        if levels != sorted(levels, reverse=True):
            yield Note(place, "target, warning and critical should fall in this order", "")


def _taken_for(draft: Draft) -> Iterator[Finding]:
    for use in draft.uses():
        subject = use.condition.subject
        metric = draft.plan.metrics.get(subject.name)
        if metric is None:
            continue
        if subject.about is About.AGE_OF and metric.unit is not Unit.SECONDS:
            what = f"age_of() needs a time in seconds since 1970, and {subject.name} is in {metric.unit.value}"
            yield use.mistake(what, f"give {subject.name} unit: seconds")
        if subject.about in _PROBED and metric.unit is not Unit.COUNT:
            what = f"'{subject.about}' needs a probe (1 is up, 0 is down), and {subject.name} is in {metric.unit.value}"
            yield use.mistake(what, f"{subject.name} < VALUE compares it with a number")
