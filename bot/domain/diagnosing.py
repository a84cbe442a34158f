"""When a metric has gone bad, and so its runbook's diagnosis is due (R14). Carrying it out is the engine's.

It begins when a condition of the metric fails or breaches for the first time. It is repeated when the metric has been
good meanwhile, or got worse (warned, then failed, then breached), and never more often than once in `QUIET`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.plan import DiagnosisStep, Plan
from bot.domain.rollout import PERCH, Check, Diagnosing, Line, Person, Rollout
from bot.domain.steps import Happening, Step

QUIET = timedelta(minutes=15)
WITHIN = timedelta(seconds=60)
"""How long a diagnosis may take altogether."""
SILENT = WITHIN + timedelta(seconds=30)
"""Who hasn't answered for so long won't any more: the process that began it is gone."""
_RANKS = {"soft": 1, "hard": 2, "trigger": 3}


def bad_lines(check: Check, metric: str) -> list[Line]:
    """A metric's conditions that count and say that it is bad, worst first."""
    bad = [each for each in _of(check, metric) if each.met is (each.role == "trigger")]
    return sorted(bad, key=lambda line: -_RANKS[line.role])


def _of(check: Check, metric: str) -> list[Line]:
    return [line for line in check.lines if line.metric == metric and line.counts and line.role in _RANKS]


def noted(step: Step, plan: Plan, check: Check, now: datetime, id: str) -> Step:
    """The step, and beside it what is to be diagnosed now that this check has been seen."""
    known = dict(step.rollout.diagnoses)
    begun: list[Happening] = []
    for name, metric in plan.metrics.items():
        if metric.runbook is None or not metric.runbook.diagnose:
            continue
        bad, before = bad_lines(check, name), known.get(name)
        rank = _RANKS[bad[0].role] if bad else 0
        if not bad and before is not None and not before.over and _good(check, name):
            known[name] = before.model_copy(update={"over": True})
        elif bad and _due(before, rank, now):
            known[name] = Diagnosing(id=f"{id}-{name}", metric=name, rank=rank, lines=tuple(bad), at=now)
            begun.append(_begun(known[name], plan))
    return step if known == step.rollout.diagnoses else _with(step, known, begun)


def _with(step: Step, known: Mapping[str, Diagnosing], begun: Sequence[Happening]) -> Step:
    changed = step.rollout.but(diagnoses=dict(known))
    return Step(changed, (*step.happenings, *begun), step.emergency)


def _good(check: Check, metric: str) -> bool:
    """Measured, and none of its conditions is bad; no data says nothing."""
    seen = _of(check, metric)
    return bool(seen) and all(line.met is not None for line in seen)


def _due(before: Diagnosing | None, rank: int, now: datetime) -> bool:
    if before is None:
        return True
    return now - before.at >= QUIET and (before.over or rank > before.rank)


def asked(rollout: Rollout, plan: Plan, metrics: Sequence[str], now: datetime, id: str, by: Person) -> Step:
    """A person wants it now. What is under way already isn't begun again."""
    known = dict(rollout.diagnoses)
    begun = []
    for name in metrics:
        if name in known and under_way(known[name], now):
            continue
        bad = bad_lines(rollout.check, name) if rollout.check else []
        rank = _RANKS[bad[0].role] if bad else 0
        known[name] = Diagnosing(
            id=f"{id}-{name}", metric=name, rank=rank, lines=tuple(bad), at=now, by=by.id, over=not bad
        )
        begun.append(_begun(known[name], plan, by))
    return _with(Step(rollout), known, begun)


def under_way(diagnosing: Diagnosing, now: datetime) -> bool:
    """Begun, and an answer may still come."""
    return diagnosing.answered_at is None and now - diagnosing.at < SILENT


def diagnosable(plan: Plan) -> list[str]:
    """The metrics whose runbook has something that Perch can look at."""
    return [name for name, metric in plan.metrics.items() if metric.runbook and metric.runbook.diagnose]


def _begun(diagnosing: Diagnosing, plan: Plan, by: Person = PERCH) -> Happening:
    steps = [step.shown for step in steps_of(plan, diagnosing.metric)]
    return Happening("diagnosing", {**_about(diagnosing), "steps": steps}, by)


def answered(
    rollout: Rollout, plan: Plan, id: str, steps: Sequence[Mapping[str, Any]], now: datetime, unfinished: str = ""
) -> Step | None:
    """The answer, once: None where it is on record already, or a newer diagnosis has begun."""
    diagnosing = next((each for each in rollout.diagnoses.values() if each.id == id), None)
    if diagnosing is None or diagnosing.answered_at is not None:
        return None
    known = {
        **rollout.diagnoses,
        diagnosing.metric: diagnosing.model_copy(update={"answered_at": now, "unfinished": bool(unfinished)}),
    }
    runbook = plan.metrics[diagnosing.metric].runbook if diagnosing.metric in plan.metrics else None
    facts = {
        **_about(diagnosing),
        "steps": [dict(step) for step in steps],
        "look_at": list(runbook.look_at) if runbook else [],
        "remedies": list(runbook.remedies) if runbook else [],
        "link": (runbook.link or "") if runbook else "",
        "took_s": round((now - diagnosing.at).total_seconds(), 1),
        "unfinished": unfinished,
    }
    return Step(rollout.but(diagnoses=known), (Happening("diagnosis", facts),))


def _about(diagnosing: Diagnosing) -> dict[str, Any]:
    return {
        "id": diagnosing.id,
        "metric": diagnosing.metric,
        "at": diagnosing.at.isoformat(),
        "why": ", ".join(line.condition for line in diagnosing.lines) or "asked for",
        "lines": [line.model_dump(mode="json") for line in diagnosing.lines],
        "asked_by": diagnosing.by,
    }


def steps_of(plan: Plan, metric: str) -> Sequence[DiagnosisStep]:
    """What there is to look at for a metric; nothing where a changed plan has it no more."""
    runbook = plan.metrics[metric].runbook if metric in plan.metrics else None
    return runbook.diagnose if runbook else ()
