"""Parts of a plan that this version reads and doesn't carry out. What would have judged or acted blocks a start."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.conditions import About
from bot.domain.plan import Stage
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import NotYet
from bot.domain.units import ZERO

_UNJUDGED = (About.BUDGET, About.BURN, About.HAPPENED, About.SLOS_VIOLATED, About.ALL_SLOS_PASS)


def not_yet(draft: Draft) -> Iterator[NotYet]:
    """Every such part, in the plan's order."""
    plan = draft.plan
    if plan.version is not None and not isinstance(plan.version, str):
        yield NotYet(("version",), "reading the version from outside; name it with version=", True)
    if plan.start_approvals is not None:
        yield NotYet(("start_approvals",), "approvals for the start", True)
    if plan.slos and not any(use.condition.subject.about in _UNJUDGED for use in draft.uses()):
        yield NotYet(("slos",), "SLOs are kept, not judged", False)
    if plan.events and not any(use.condition.subject.about is About.HAPPENED for use in draft.uses()):
        yield NotYet(("events",), "events are kept, not watched", False)
    for index, stage in draft.stages():
        yield from _stage(draft, index, stage)
    yield from _conditions(draft)
    yield from _comforts(draft)


def _stage(draft: Draft, index: int, stage: Stage) -> Iterator[NotYet]:
    place = draft.place("stages", index)
    if stage.mirror is not None and stage.mirror > ZERO:
        yield NotYet((*place, "mirror"), "mirroring traffic", True)
    for key, what in (
        ("tasks", "tasks that run during a stage"),
        ("before", "actions before a stage"),
        ("after", "actions after a stage"),
        ("checklist", "checklists at a gate"),
    ):
        if getattr(stage, key):
            yield NotYet((*place, key), what, True)
    for number, checkpoint in enumerate(stage.checkpoints):
        if checkpoint.acknowledge is not None:
            where = draft.place("stages", index, "checkpoints", number)
            yield NotYet((*where, "acknowledge"), "asking a named person to acknowledge a checkpoint", False)


def _conditions(draft: Draft) -> Iterator[NotYet]:
    for use in draft.uses():
        if use.condition.subject.about in _UNJUDGED:
            yield NotYet(use.path, f"judging '{use.condition}'", True)
        if use.rule is not None and use.rule.danger is not None:
            yield NotYet(use.path, f"an audience of its own for class '{use.rule.danger}'", False)


def _comforts(draft: Draft) -> Iterator[NotYet]:
    for name, metric in draft.plan.metrics.items():
        if metric.runbook is not None and metric.runbook.diagnose:
            yield NotYet(draft.place("metrics", name, "runbook", "diagnose"), "diagnosis on its own", False)
    for event, targets in draft.plan.notify:
        for number, target in enumerate(targets):
            if target[:1] not in ("#", "@", "U", "W", "C"):
                yield NotYet(draft.place("notify", event, number), f"telling '{target}'", False)
