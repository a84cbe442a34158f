"""Plan check: every kind is known, and its options are what the kind's own model takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.domain.evidence import canonical
from bot.domain.kinds import Kind
from bot.domain.objectives import source_of
from bot.domain.plan import Metric, Part, Slo, VersionFrom
from bot.domain.planning.draft import Draft
from bot.domain.planning.elsewhere import INSTEAD
from bot.domain.planning.report import Finding, Mistake, Path
from bot.domain.planning.runbooks import DiagnosisStep
from bot.domain.planning.shape import at, keys_at, mistakes_of, suggest

_CALLED = {
    "sources": "source",
    "traffic": "traffic",
    "kill": "kill method",
    "confirm": "confirmation",
    "diagnosis": "diagnosis",
    "effects": "action",
    "archives": "destination",
    "notifiers": "notifier",
    "tasks": "task",
}


def check_kinds(draft: Draft) -> Iterator[Finding]:
    """The parts of all roles, and what each metric asks of its source."""
    kinds = draft.kinds
    for name, part in draft.plan.sources.items():
        yield from check_part(draft, draft.place("sources", name), part, kinds.sources, "sources")
    for number, part in enumerate(draft.plan.traffic):
        yield from check_part(draft, draft.place("traffic", number), part, kinds.traffic, "traffic")
    for tier, parts in enumerate(draft.plan.kill_switch):
        for number, part in enumerate(parts):
            yield from check_part(draft, draft.place("kill_switch", tier, number), part, kinds.kill, "kill")
    if draft.plan.confirm.check is not None:
        place = draft.place("confirm", "check")
        yield from check_part(draft, place, draft.plan.confirm.check, kinds.confirm, "confirm")
    for number, part in enumerate(draft.plan.keep or ()):
        yield from check_part(draft, draft.place("keep", number), part, kinds.archives, "archives")
    for name, part in draft.plan.notifiers.items():
        yield from check_part(draft, draft.place("notifiers", name), part, kinds.notifiers, "notifiers")
    for name, metric in draft.plan.metrics.items():
        yield from _metric(draft, name, metric)
    for name, slo in draft.plan.slos.items():
        yield from _slo(draft, draft.place("slos", name), slo)


def _metric(draft: Draft, name: str, metric: Metric) -> Iterator[Finding]:
    place = draft.place("metrics", name)
    if isinstance(metric.source, Part):
        yield from check_part(draft, (*place, "source"), metric.source, draft.kinds.sources, "sources")
    kind = draft.kind_of(metric)
    if kind is None:
        return
    yield from _asked(draft, place, metric.ask, kind)
    yield from _agreed(draft, place, metric, kind)
    if metric.at_least is not None:
        yield from _asked(draft, (*place, "at_least"), metric.at_least.ask, kind)


def _slo(draft: Draft, place: Path, slo: Slo) -> Iterator[Finding]:
    """Where an SLO's events are counted, and by which question."""
    if isinstance(slo.source, Part):
        yield from check_part(draft, (*place, "source"), slo.source, draft.kinds.sources, "sources")
    source = source_of(draft.plan, slo)
    part = draft.plan.sources.get(source) if isinstance(source, str) else source
    kind = draft.kinds.sources.get(part.kind) if part is not None else None
    if kind is None or not slo.counts_events:
        return
    for key, ask in zip(("good", "total"), slo.asks(slo.window), strict=True):
        yield from _asked(draft, (*place, key), ask, kind, None)


def check_tasks(draft: Draft) -> Iterator[Finding]:
    """What stages' tasks run, each in the form that it was written in (O6, R24)."""
    for index, stage in draft.stages():
        for number, task in enumerate(stage.tasks):
            place, kind = draft.place("stages", index, "tasks", number), draft.kinds.tasks.get(task.part.kind)
            own = {name: getattr(draft.plan, name) for name in kind.of_plan} if kind is not None else {}
            part = Part(kind=task.part.kind, options={**task.part.options, **own})
            short = isinstance(at(draft.tree, (*place, part.kind)), Mapping) and "kind" not in at(draft.tree, place)
            under = (*place, part.kind) if short else place
            for name in own.keys() & task.part.options.keys():
                yield Mistake((*under, name), f"{name} stands in the plan itself", "beside stages:", at_key=True)
            yield from check_part(draft, under, part, draft.kinds.tasks, "tasks")


def check_diagnoses(draft: Draft) -> Iterator[Finding]:
    """What metrics' runbooks look at: the parts, what sources are asked, and that what is named exists (R14); and the
    program that tells the version, which looks by the same rules (U1)."""
    version = draft.plan.version
    if isinstance(version, VersionFrom) and not version.metric:
        yield from check_part(draft, draft.place("version"), version, draft.kinds.diagnosis, "diagnosis")
    for name, metric in draft.plan.metrics.items():
        for number, step in enumerate(metric.runbook.diagnose if metric.runbook else ()):
            yield from _step(draft, draft.place("metrics", name, "runbook", "diagnose", number), step)


def _step(draft: Draft, place: Path, step: DiagnosisStep) -> Iterator[Finding]:
    if step.metric is not None:
        if step.metric not in draft.names("metrics"):
            at_name = (*place, "metric") if isinstance(at(draft.tree, place), Mapping) else place
            yield Mistake(at_name, f"there is no metric '{step.metric}'", suggest(step.metric, draft.names("metrics")))
    elif step.part is not None:
        yield from check_part(draft, place, step.part, draft.kinds.diagnosis, "diagnosis")
    elif isinstance(step.source, str) and step.source not in draft.names("sources"):
        hint = suggest(step.source, draft.names("sources"))
        yield Mistake((*place, "source"), f"there is no source '{step.source}'", hint)
    else:
        yield from _question(draft, place, step)


def _question(draft: Draft, place: Path, step: DiagnosisStep) -> Iterator[Finding]:
    part = draft.plan.sources.get(step.source) if isinstance(step.source, str) else step.source
    if isinstance(step.source, Part):
        yield from check_part(draft, (*place, "source"), step.source, draft.kinds.sources, "sources")
    kind = draft.kinds.sources.get(part.kind) if part else None
    if kind is not None:
        yield from _asked(draft, place, step.ask, kind, DiagnosisStep)
    if "$side" in canonical(step.ask) and "canary" not in draft.plan.sides:
        yield Mistake(place, "it asks with $side, and no sides are given", "add: sides: {canary: …, stable: …}")


def _agreed(draft: Draft, place: Path, metric: Metric, kind: Kind[Any]) -> Iterator[Finding]:
    part = draft.source_of(metric)
    if part is None or kind.ask is None or kind.disagree is None:
        return
    try:
        found = kind.disagree(kind.options.model_validate(part.options), kind.ask.model_validate(metric.ask))
    except ValidationError:
        return
    if found is not None:
        yield Mistake(place, *found)


def _asked(
    draft: Draft, place: Path, ask: Mapping[str, Any], kind: Kind[Any], of: type[BaseModel] | None = Metric
) -> Iterator[Finding]:
    written = (*place, "ask") if isinstance(at(draft.tree, (*place, "ask")), Mapping) else place
    if kind.ask is not None:
        own = set(of.model_fields) - {"ask", "part"} if of is not None else None
        yield from _validated(ask, kind.ask, written, also=own)
        return
    for key in ask:
        yield Mistake((*written, key), f"unknown key '{key}'", "this kind of source is asked nothing", at_key=True)


def check_part(draft: Draft, place: Path, part: Part, kinds: Mapping[str, Kind[Any]], role: str) -> Iterator[Finding]:
    """Whether one part's kind is known in its role, and its options are what the kind takes."""
    kind = kinds.get(part.kind)
    if kind is None and (why_not := draft.kinds.why_not(role, part.kind)):
        what = f"the {_CALLED[role]} kind '{part.kind}' can't be used: {why_not}"
        yield Mistake((*place, "kind"), what, "perch doctor lists what other packages bring")
        return
    if kind is None:
        what = f"there is no {_CALLED[role]} kind '{part.kind}'"
        yield Mistake((*place, "kind"), what, INSTEAD.get(part.kind) or suggest(part.kind, kinds))
        return
    nested = isinstance(at(draft.tree, (*place, "options")), Mapping) and "options" not in part.options
    under = (*place, "options") if nested else place
    yield from _validated(part.options, kind.options, under, excused=_filled_in_later)


def _validated(
    given: Mapping[str, Any],
    model: type[BaseModel],
    under: Path,
    also: set[str] | None = None,
    excused: Callable[[ErrorDetails], bool] = lambda error: False,
) -> Iterator[Mistake]:
    try:
        model.model_validate(given)
    except ValidationError as invalid:
        errors = [error for error in invalid.errors() if not excused(error)]
        for mistake in mistakes_of(errors, given, model, under):
            if mistake.at_key and also:
                word = str(mistake.path[-1])
                hint = suggest(word, keys_at(model, ()) | also)
                yield Mistake(mistake.path, mistake.what, hint, at_key=True)
            else:
                yield mistake


def _filled_in_later(error: ErrorDetails) -> bool:
    """An option with `${NAME}` in it is judged when it's filled in: at preflight, or by `plan check --live`. A question
    is asked about before that (how far it looks back), so only its texts may have such names."""
    return isinstance(error["input"], str) and "${" in error["input"]
