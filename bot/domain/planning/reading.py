"""A plan's tree, read for one environment: everything that is wrong with it at once, or the plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from bot.domain.evidence import canonical
from bot.domain.kinds import Kinds
from bot.domain.plan import Plan
from bot.domain.plan_checks.all_checks import check_plan
from bot.domain.planning.draft import Draft
from bot.domain.planning.environments import DEFAULT, named_in
from bot.domain.planning.fields import shape_of
from bot.domain.planning.report import Mistake, Note, PlanMistakes, PlanReport
from bot.domain.planning.salvage import Salvaged, salvage
from bot.domain.planning.shape import mistakes_of, suggest

_PEOPLE = ("roles", "notify", "routes", "classes", "channel")
_OUTSIDE = ("links", "sources", "traffic", "kill_switch", "keep", "notifiers")
_NO_VALUES = (*_PEOPLE, *_OUTSIDE, "what", "version", "when_completed")
"""Sections whose `@` are people, not environments."""
_PROSE = frozenset({"runbook", "before", "after"})
"""The same, of metrics and stages."""

_VALUES = {"checklist": ("auto",), "tasks": ("at", "expect")}
"""Lists of which only these may differ by environment."""


def read_plan(tree: Mapping[str, Any], environment: str, kinds: Kinds) -> Plan:
    """The plan for one environment ("" is the plan's own). Raises PlanMistakes with each mistake."""
    report = report_on(tree, environment, kinds)
    if report.plan is None:
        raise PlanMistakes(report.mistakes)
    return report.plan


def thaw_plan(tree: Mapping[str, Any], environment: str, kinds: Kinds) -> Plan:
    """A frozen plan again. Only its shape is checked: rules that are newer than the plan don't stop its rollout.

    Raises PlanMistakes where the shape itself can't be read.
    """
    chosen = environment or own_environment(tree)
    # `events` were kept once, and nothing ever came of them.
    tree = {key: item for key, item in tree.items() if key != "events"}
    shaped, mistakes = _shape(tree, chosen, kinds)
    if shaped is None and all("diagnose" in each.path for each in mistakes):
        # Version 0.1.0 froze them unread: whatever was written there, it stops no rollout under way.
        shaped, mistakes = _shape(_without_diagnoses(tree), chosen, kinds)
    if shaped is None:
        raise PlanMistakes(tuple(mistakes))
    return shaped


def _without_diagnoses(tree: Any) -> Any:
    if not isinstance(tree, Mapping):
        return tree
    kept = {key: _without_diagnoses(item) for key, item in tree.items() if key != "runbook"}
    book = tree.get("runbook")
    if isinstance(book, Mapping):
        kept["runbook"] = {key: item for key, item in book.items() if key != "diagnose"}
    return kept


def report_on(tree: Any, environment: str, kinds: Kinds) -> PlanReport:
    """All mistakes and notes of a plan: those of its shape, and of the rest as far as it can be checked."""
    if not isinstance(tree, Mapping):
        hint = "it starts with name:, service:, channel: …"
        return PlanReport(None, (Mistake((), f"a plan is a mapping, not {shape_of(tree)}", hint),))
    chosen = environment or own_environment(tree)
    plan, mistakes = _shape(tree, chosen, kinds)
    mistakes = [*_unknown_environment(tree, chosen), *mistakes]
    whole = Salvaged(plan) if plan else salvage(_prepared(tree, chosen, kinds), chosen)
    findings = check_plan(Draft(whole, tree, chosen, kinds)) if whole else []
    mistakes += [each for each in findings if isinstance(each, Mistake) and each not in mistakes]
    return PlanReport(
        plan=None if mistakes else plan,
        mistakes=tuple(mistakes),
        notes=tuple(each for each in findings if isinstance(each, Note)),
    )


def digest(tree: Mapping[str, Any], environment: str) -> str:
    """SHA-256 over the plan as written and the environment it is read for: what an approval is bound to."""
    return hashlib.sha256(canonical({"environment": environment, "plan": tree}).encode()).hexdigest()


def own_environment(tree: Mapping[str, Any]) -> str:
    """The environment that a plan names, or the default."""
    named = tree.get("environment")
    return named if isinstance(named, str) and named else DEFAULT


def environments_of(tree: Mapping[str, Any]) -> set[str]:
    """Every environment that a plan has values for, its own included."""
    parts = [value for key, value in tree.items() if key not in _NO_VALUES]
    return {own_environment(tree), *(name for text in _texts(parts) for name in named_in(text))}


def _unknown_environment(tree: Mapping[str, Any], chosen: str) -> list[Mistake]:
    known = environments_of(tree)
    if chosen in known:
        return []
    return [Mistake(("environment",), f"the plan knows no environment '{chosen}'", suggest(chosen, known))]


def _texts(node: Any) -> Iterator[str]:
    """Strings that may be values with environments: a value comes before the first @."""
    match node:
        case str() if not node.lstrip().startswith("@") and " @" in node:
            yield node
        case dict():
            for key, item in node.items():
                # What people tick is prose, and may be "told @support"; so is what runbooks, tasks and actions say.
                if key in _VALUES:
                    yield from _texts([each.get(own) for each in _mappings(item) for own in _VALUES[key]])
                elif key not in _PROSE:
                    yield from _texts(item)
        case list() | tuple():
            for item in node:
                yield from _texts(item)


def _mappings(node: Any) -> list[dict[str, Any]]:
    return [each for each in node if isinstance(each, dict)] if isinstance(node, list | tuple) else []


def _shape(tree: Mapping[str, Any], environment: str, kinds: Kinds) -> tuple[Plan | None, list[Mistake]]:
    prepared = _prepared(tree, environment, kinds)
    try:
        return Plan.model_validate(prepared, context={"environment": environment}), []
    except ValidationError as invalid:
        return None, mistakes_of(invalid.errors(), prepared, Plan)


def _prepared(tree: Mapping[str, Any], environment: str, kinds: Kinds) -> dict[str, Any]:
    """The tree with what needn't be written: the environment, units that a source's kind implies, how long actions
    of their kind last."""
    metrics, stages = tree.get("metrics"), tree.get("stages")
    prepared = {**tree, "environment": environment}
    if isinstance(stages, list | tuple):
        prepared["stages"] = [_with_lasts(stage, kinds) for stage in stages]
    if isinstance(metrics, Mapping):
        prepared["metrics"] = {name: _with_unit(metric, tree, kinds) for name, metric in metrics.items()}
    return prepared


def _with_lasts(stage: Any, kinds: Kinds) -> Any:
    if not isinstance(stage, Mapping):
        return stage
    lists = {key: stage[key] for key in ("before", "after") if isinstance(stage.get(key), list | tuple)}
    return {**stage, **{key: [_lasting(action, kinds) for action in actions] for key, actions in lists.items()}}


def _lasting(action: Any, kinds: Kinds) -> Any:
    if not isinstance(action, Mapping) or "lasts" in action:
        return action
    kind = kinds.effects.get(str(action.get("kind")))
    return {**action, "lasts": kind.lasts.value} if kind is not None else action


def _with_unit(metric: Any, tree: Mapping[str, Any], kinds: Kinds) -> Any:
    if not isinstance(metric, Mapping) or "unit" in metric:
        return metric
    source = metric.get("source")
    sources = tree.get("sources")
    if isinstance(source, str) and isinstance(sources, Mapping):
        source = sources.get(source)
    kind = kinds.sources.get(str(source.get("kind"))) if isinstance(source, Mapping) else None
    return {**metric, "unit": kind.unit.value} if kind is not None and kind.unit is not None else metric
