"""Plan check: artifacts that are asked for can come to be on record, or nothing of this plan ever completes (E5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.domain.language.spelling import exactly
from bot.domain.plan import Stage
from bot.domain.planning.artifacts import snapshot_at
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, Note, Path
from bot.domain.record.wanted import has


def check_artifacts(draft: Draft) -> Iterator[Finding]:
    """Each one that is asked for; and that no dashboard or alert is named twice."""
    for number, name in enumerate(draft.plan.artifacts):
        place, at = draft.place("artifacts", number), snapshot_at(name)
        if at is not None:
            yield from _snapshot(draft, place, at)
        elif name == "load_burst" and not _bursts(draft):
            what = "no stage has a task that is a load burst"
            yield Note(place, what, "add one under tasks: {load: …}; without it, it completes by an override only")
        elif name in ("dashboards", "alerts") and not getattr(draft.plan, name):
            yield Note(place, f"the plan names no {name}", f"add them under {name}:")
    yield from _twice(draft, "dashboards", [each.id for each in draft.plan.dashboards])
    yield from _twice(draft, "alerts", [each.id for each in draft.plan.alerts])


def _snapshot(draft: Draft, place: Path, at: timedelta) -> Iterator[Finding]:
    """A checkpoint that is in no stage, or that a stage may be left before."""
    found = [(index, stage) for index, stage in draft.stages() if has(stage, at)]
    if not found:
        known = sorted({each.at for _, stage in draft.stages() for each in stage.checkpoints if each.at is not None})
        there = ", ".join(map(exactly, known)) or "none"
        what = f"no stage has a checkpoint at {exactly(at)}"
        yield Mistake(place, what, f"add it to a stage's checkpoints; there are: {there}")
    for index, stage in found:
        if index + 1 < len(draft.plan.stages) and at > _longest(stage):
            what = f"the stage at {stage.weight} may be left after {exactly(_longest(stage))}, before that checkpoint"
            yield Mistake(place, what, "bake longer, or ask for an earlier one")


def _longest(stage: Stage) -> timedelta:
    return max(stage.bake, stage.clean_for or timedelta(0))


def _twice(draft: Draft, section: str, ids: Sequence[str]) -> Iterator[Finding]:
    for number, id in enumerate(ids):
        if id in ids[:number]:
            yield Mistake(draft.place(section, number), f"'{id}' is named twice", "each id once")


def _bursts(draft: Draft) -> bool:
    parts = [task.part for _, stage in draft.stages() for task in stage.tasks]
    return any(part.kind == "load" or part.options.get("load_burst") is True for part in parts)
