"""Where the tasks of a stage stand: when each is due, what stops it, whether it runs again, what is waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.domain.language.spelling import exactly
from bot.domain.machine import State
from bot.domain.plan import Plan, Task
from bot.domain.rollout import Rollout
from bot.domain.task_runs import TaskRun
from bot.domain.waits import Wait, Waiting

TURNS = 2
"""So often a task that says `again` is begun without a person's word."""
HERE = frozenset({State.BAKING, State.GATE})


def tasks_of(plan: Plan, stage: int) -> Sequence[Task]:
    """A stage's tasks; none where a changed plan has no such stage."""
    return plan.stages[stage].tasks if stage < len(plan.stages) else ()


def task_of(plan: Plan, run: TaskRun) -> Task | None:
    """The task that a run is of; None where a changed plan says something else."""
    return next((each for each in tasks_of(plan, run.stage) if (each.name, each.mark) == (run.name, run.mark)), None)


def due(rollout: Rollout, task: Task) -> datetime:
    """When a task of the present stage begins."""
    return (rollout.entered_at or rollout.started_at) + task.at


def newest(rollout: Rollout, task: Task) -> TaskRun | None:
    """The newest attempt at a task since its stage was entered."""
    since = rollout.entered_at or rollout.started_at
    found = [
        run
        for run in rollout.tasks
        if (run.name, run.stage, run.mark) == (task.name, rollout.stage, task.mark) and run.at >= since
    ]
    return max(found, key=lambda run: run.turn, default=None)


def stopped_by(rollout: Rollout, stage: int, now: datetime) -> str:
    """Why no task of this stage may run now, or "" where it may."""
    if rollout.mode == "observe":
        return "the rollout is only observed"
    if rollout.state is State.KILLING or rollout.kill is not None:
        return "the rollout was killed"
    if rollout.state is State.HELD:
        return "the rollout is held"
    if rollout.state is State.ROLLING_BACK or rollout.state is State.ROLLED_BACK:
        return "the rollout rolls back"
    if rollout.stage != stage or rollout.state not in HERE:
        return "the stage is over"
    if rollout.frozen is not None and rollout.frozen.stands(now):
        return "the rollout is frozen"
    confirmed = rollout.intent is None and rollout.seen_weight in (None, rollout.confirmed)
    return "" if confirmed else "the weight isn't as recorded"


def runs_again(rollout: Rollout, task: Task, run: TaskRun) -> bool:
    """Whether a task that was begun before begins once more."""
    if run.ended_at is None or run.outcome == "passed":
        return False
    if run.outcome == "unfinished" and task.again and run.turn < TURNS:
        return True
    resumed = rollout.resumed_at is not None and rollout.resumed_at >= run.ended_at
    return resumed and (task.needed or run.outcome != "failed")


def spoiled(rollout: Rollout, plan: Plan) -> tuple[Task, TaskRun] | None:
    """A needed task of this stage that hasn't passed, and won't by itself."""
    if rollout.state not in HERE or rollout.mode == "observe":
        return None
    for task, run in _needed(rollout, plan):
        over = run is not None and run.ended_at is not None and run.outcome != "passed"
        if over and run is not None and not runs_again(rollout, task, run):
            return task, run
    return None


def _needed(rollout: Rollout, plan: Plan) -> Iterator[tuple[Task, TaskRun | None]]:
    for task in tasks_of(plan, rollout.stage):
        if task.needed:
            yield task, newest(rollout, task)


def waits(rollout: Rollout, plan: Plan, now: datetime) -> Iterator[Waiting]:
    """What leaving the stage still waits for: needed tasks that haven't passed (X1)."""
    if rollout.mode == "observe":
        return
    for task, run in _needed(rollout, plan):
        if run is None or runs_again(rollout, task, run):
            begins, moment = due(rollout, task), f"T+{exactly(task.at)}"
            yield Waiting(Wait.TASK, f"task '{task.name}' at {moment}", begins, task.name, f"due {moment}")
        elif run.ended_at is None:
            yield Waiting(Wait.TASK, f"task '{task.name}' to end", max(run.until, now), task.name, "runs")
        elif run.outcome != "passed":
            yield Waiting(Wait.TASK, f"task '{task.name}' to pass ({came_to(run)})", None, task.name, came_to(run))


def came_to(run: TaskRun) -> str:
    """`failed: success_rate > 99% (91%)`, for the record."""
    words = {"failed": "failed", "stopped": "was stopped", "unfinished": "has no result"}.get(run.outcome, run.outcome)
    return f"{words}: {run.why}" if run.why else words
