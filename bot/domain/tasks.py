"""Tasks of a stage: when one begins, what stops it, what its outcome means (O6, R24). Carrying it out is the engine's.

A task begins with the first check at or after its time, while the rollout bakes or waits at its gate, unheld and
unfrozen, at the weight that was confirmed. Whatever ends that, a kill before all, stops it. A stage isn't left before
its needed tasks have passed; what failed, was stopped or has no result runs again when a person resumes the rollout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain import moves, rollbacks
from bot.domain.conditions import Condition, Number
from bot.domain.language.spelling import exactly
from bot.domain.moves import a_hold
from bot.domain.plan import Action, Plan, Task
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.domain.task_runs import Outcome, TaskRun
from bot.domain.task_standing import HERE, came_to, due, newest, runs_again, spoiled, stopped_by, task_of
from bot.domain.units import Unit, convert


@dataclass(frozen=True, slots=True)
class Result:
    """What an attempt came to, and when. `numbers` are in the order in which people read them, `expected` the task's
    expectations as they were judged, `made` a further record."""

    outcome: Outcome
    at: datetime
    why: str = ""
    numbers: Sequence[Mapping[str, Any]] = ()
    expected: Sequence[Mapping[str, Any]] = ()
    output: str = ""
    cut: bool = False
    made: Happening | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a task will do, in a line for people, and the longest that it may take."""

    about: str
    takes: timedelta


def begun(step: Step, plan: Plan, now: datetime, id: str, owner: str, outlooks: Mapping[str, Outlook]) -> Step:
    """The step, and beside it the tasks that begin now, on record. `outlooks` are by the tasks' marks."""
    rollout = step.rollout
    if step.emergency or stopped_by(rollout, rollout.stage, now):
        return step
    runs, told = list(rollout.tasks), []
    for number, task in enumerate(plan.stages[rollout.stage].tasks):
        before = newest(rollout, task)
        if now < due(rollout, task) or not (before is None or runs_again(rollout, task, before)):
            continue
        ahead = outlooks.get(task.mark) or Outlook(task.shown, timedelta(0))
        run = TaskRun(
            id=f"{id}-{number}",
            name=task.name,
            stage=rollout.stage,
            mark=task.mark,
            at=now,
            owner=owner,
            until=now + ahead.takes,
            turn=before.turn + 1 if before is not None else 1,
        )
        runs = [*(each for each in runs if each != before), run]
        told.append(Happening("task_begun", {**_about(run, task), "what": ahead.about}))
    return Step(rollout.but(tasks=tuple(runs)), (*step.happenings, *told), step.emergency) if told else step


def ended(rollout: Rollout, plan: Plan, id: str, result: Result, now: datetime) -> Step | None:
    """What came of it, once: None where that is on record already.

    It ended when it ended, not when that could be put on record: a resume meanwhile is the later word.
    """
    run = next((each for each in rollout.tasks if each.id == id and each.ended_at is None), None)
    if run is None:
        return None
    over = run.model_copy(update={"ended_at": result.at, "outcome": result.outcome, "why": result.why})
    task = task_of(plan, run)
    hasty = task is not None and task.needed and result.outcome != "passed" and rollout.state in HERE
    changed = rollout.but(
        tasks=tuple(over if each.id == id else each for each in rollout.tasks),
        due_at=min(rollout.due_at, now) if hasty else rollout.due_at,
    )
    facts = {
        **_about(run, task),
        "outcome": result.outcome,
        "why": result.why,
        "numbers": [dict(each) for each in result.numbers],
        "expected": [dict(each) for each in result.expected],
        "output": result.output,
        "cut": result.cut,
        "took_s": round((result.at - run.at).total_seconds(), 1),
    }
    made = (result.made,) if result.made is not None else ()
    return Step(changed, (Happening("task_ended", facts), *made))


def _about(run: TaskRun, task: Task | None) -> dict[str, Any]:
    known = {
        "kind": task.part.kind if task else "",
        "what": task.shown if task else "",
        "needed": task.needed if task else False,
        "on_fail": task.on_fail.value if task and task.needed else "",
        "expect": [each.text for each in task.expect] if task else [],
        "due": exactly(task.at) if task else "",
    }
    # Not `at`: where it stands says a record's own body.
    return {
        "id": run.id,
        "task": run.name,
        "stage_of": run.stage,
        "turn": run.turn,
        "until": run.until.timestamp(),
        **known,
    }


# ---- what an outcome means --------------------------------------------------------------------------------------


def judged(
    expect: Sequence[Condition], numbers: Mapping[str, float], tells: Mapping[str, Unit]
) -> list[dict[str, Any]]:
    """Each expectation with what was measured, in the number's own unit. What wasn't measured isn't met (law 3)."""
    return [_judged(each, numbers.get(each.subject.name), tells.get(each.subject.name)) for each in expect]


def _judged(condition: Condition, value: float | None, unit: Unit | None) -> dict[str, Any]:
    limit = condition.value
    met, threshold = False, None
    if isinstance(limit, Number) and unit is not None and limit.unit.dimension is unit.dimension:
        threshold = convert(limit.value, limit.unit, unit)
        met = value is not None and condition.op is not None and condition.op.holds(value, threshold)
    named = {"condition": condition.text, "value": value, "unit": unit.value if unit else "", "threshold": threshold}
    return {**named, "met": met}


def unmet(expected: Sequence[Mapping[str, Any]]) -> str:
    """The expectations that weren't met, with what was found; "" where all were."""
    bad = [each for each in expected if not each["met"]]
    return ", ".join(f"{each['condition']} ({_found(each['value'])})" for each in bad)


def _found(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.6g}"


def after_spoiled(rollout: Rollout, plan: Plan, now: datetime, id: str) -> Step | None:
    """What follows from a needed task that failed, was stopped or has no result; None where there is none.

    Only one that has failed rolls back or kills: of the others nobody knows that the canary is bad.
    """
    found = spoiled(rollout, plan)
    if found is None:
        return None
    task, run = found
    why = f"task '{task.name}' {came_to(run)}"
    if run.outcome == "failed" and task.on_fail is Action.KILL:
        return Step(rollout, (), emergency=why)
    if run.outcome == "failed" and task.on_fail is Action.ROLLBACK:
        return rollbacks.roll_back(rollout, plan, now, id, why, rule="task")
    return moves.hold(rollout, now, a_hold(why, rollout.watched_by, now, "task"), id)
