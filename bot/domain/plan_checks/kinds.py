"""Plan check: every kind is known, and its options are what the kind's own model takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.domain.kinds import Kind
from bot.domain.plan import Metric, Part
from bot.domain.planning.coming import COMING
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, NotYet, Path
from bot.domain.planning.shape import at, keys_at, mistakes_of, suggest

_CALLED = {"sources": "source", "traffic": "traffic", "kill": "kill method", "confirm": "confirmation"}


def check_kinds(draft: Draft) -> Iterator[Finding]:
    """The parts of all roles, and what each metric asks of its source."""
    kinds = draft.kinds
    for name, part in draft.plan.sources.items():
        yield from _part(draft, draft.place("sources", name), part, kinds.sources, "sources")
    for number, part in enumerate(draft.plan.traffic):
        yield from _part(draft, draft.place("traffic", number), part, kinds.traffic, "traffic")
    for tier, parts in enumerate(draft.plan.kill_switch):
        for number, part in enumerate(parts):
            yield from _part(draft, draft.place("kill_switch", tier, number), part, kinds.kill, "kill")
    if draft.plan.confirm.check is not None:
        place = draft.place("confirm", "check")
        yield from _part(draft, place, draft.plan.confirm.check, kinds.confirm, "confirm")
    for name, metric in draft.plan.metrics.items():
        yield from _metric(draft, name, metric)


def _metric(draft: Draft, name: str, metric: Metric) -> Iterator[Finding]:
    place = draft.place("metrics", name)
    if isinstance(metric.source, Part):
        yield from _part(draft, (*place, "source"), metric.source, draft.kinds.sources, "sources")
    kind = draft.kind_of(metric)
    if kind is None:
        return
    yield from _asked(draft, place, metric.ask, kind)
    if metric.at_least is not None:
        yield from _asked(draft, (*place, "at_least"), metric.at_least.ask, kind)


def _asked(draft: Draft, place: Path, ask: Mapping[str, Any], kind: Kind[Any]) -> Iterator[Finding]:
    written = (*place, "ask") if isinstance(at(draft.tree, (*place, "ask")), Mapping) else place
    if kind.ask is not None:
        own = set(Metric.model_fields) - {"ask"}
        yield from _validated(ask, kind.ask, written, also=own)
        return
    for key in ask:
        yield Mistake((*written, key), f"unknown key '{key}'", "this kind of source is asked nothing", at_key=True)


def _part(draft: Draft, place: Path, part: Part, kinds: Mapping[str, Kind[Any]], role: str) -> Iterator[Finding]:
    kind = kinds.get(part.kind)
    if kind is None and part.kind in COMING[role]:
        yield NotYet((*place, "kind"), f"the {_CALLED[role]} kind '{part.kind}'", True)
        return
    if kind is None:
        what = f"there is no {_CALLED[role]} kind '{part.kind}'"
        yield Mistake((*place, "kind"), what, suggest(part.kind, kinds))
        return
    nested = isinstance(at(draft.tree, (*place, "options")), Mapping) and "options" not in part.options
    yield from _validated(part.options, kind.options, (*place, "options") if nested else place)


def _validated(
    given: Mapping[str, Any], model: type[BaseModel], under: Path, also: set[str] | None = None
) -> Iterator[Mistake]:
    try:
        model.model_validate(given)
    except ValidationError as invalid:
        errors = [error for error in invalid.errors() if not _filled_in_later(error)]
        for mistake in mistakes_of(errors, given, model, under):
            if mistake.at_key and also:
                word = str(mistake.path[-1])
                hint = suggest(word, keys_at(model, ()) | also)
                yield Mistake(mistake.path, mistake.what, hint, at_key=True)
            else:
                yield mistake


def _filled_in_later(error: ErrorDetails) -> bool:
    """A value with `${NAME}` in it is judged when it's filled in: at preflight, or by `plan check --live`."""
    return isinstance(error["input"], str) and "${" in error["input"]
