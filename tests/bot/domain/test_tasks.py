"""When a stage's task begins, what stops it, and what is waited for (O6, R24), without a clock or a network."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain import tasks
from bot.domain.gates import bake_waits_for, promotion_waits_for
from bot.domain.language.grammar import parse
from bot.domain.machine import State
from bot.domain.moves import anew
from bot.domain.plan import Plan
from bot.domain.rollout import Frozen, Person, Rollout
from bot.domain.steps import Step
from bot.domain.task_runs import TaskRun
from bot.domain.task_standing import newest, spoiled, stopped_by
from bot.domain.units import Unit, Weight
from bot.domain.waits import Wait
from tests.builders import START, a_gate, a_plan, a_stage, at_stage

MINUTE = timedelta(minutes=1)
TASK: dict[str, Any] = {"name": "burst", "at": "5m", "kind": "load", "url": "http://x"}


def a_plan_with(*given: dict[str, Any]) -> Plan:
    return a_plan(a_stage("1%", tasks=list(given or (TASK,))), a_stage("10%"))


def a_run(plan: Plan, **changes: Any) -> TaskRun:
    facts: dict[str, Any] = {
        "id": "r1",
        "name": "burst",
        "stage": 0,
        "mark": plan.stages[0].tasks[0].mark,
        "at": START + 5 * MINUTE,
        "owner": "p1",
        "until": START + 7 * MINUTE,
    }
    return TaskRun(**{**facts, **changes})


def begin(rollout: Rollout, plan: Plan, minutes: float) -> list[TaskRun]:
    """What is under way after a check at that minute."""
    step = tasks.begun(Step(rollout), plan, START + minutes * MINUTE, "i", "p1", {})
    return list(step.rollout.tasks)


def test_it_begins_with_the_first_check_at_or_after_its_time_and_once() -> None:
    plan = a_plan_with()
    rollout = at_stage(plan)
    assert begin(rollout, plan, 4.9) == []
    (run,) = begin(rollout, plan, 5)
    assert (run.name, run.owner, run.turn) == ("burst", "p1", 1)
    assert begin(rollout.but(tasks=(run,)), plan, 6) == [run]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mode": "observe"}, "the rollout is only observed"),
        ({"state": State.HELD}, "the rollout is held"),
        ({"state": State.ROLLING_BACK}, "the rollout rolls back"),
        ({"state": State.KILLING}, "the rollout was killed"),
        ({"state": State.SHIFTING}, "the stage is over"),
        ({"state": State.COMPLETED}, "the stage is over"),
        ({"stage": 1}, "the stage is over"),
        ({"frozen": Frozen(freeze="f", service="", why="x", by=Person(id="U1"))}, "the rollout is frozen"),
        ({"seen_weight": Weight(3)}, "the weight isn't as recorded"),
    ],
)
def test_it_begins_and_goes_on_only_while_the_stage_bakes(change: dict[str, Any], why: str) -> None:
    """O6: whatever ends that stops it."""
    plan = a_plan_with()
    rollout = at_stage(plan).but(**change)
    assert stopped_by(rollout, 0, START) == why
    assert begin(rollout, plan, 9) == []


def test_nothing_begins_with_the_check_that_pulls_the_kill_switch() -> None:
    plan = a_plan_with()
    step = tasks.begun(Step(at_stage(plan), emergency="errors > 5%"), plan, START + 9 * MINUTE, "i", "p1", {})
    assert step.rollout.tasks == ()


def test_a_stage_that_is_entered_anew_is_tried_anew() -> None:
    """What is still under way is kept, so that its end comes on record; what has passed doesn't count any more."""
    plan = a_plan_with()
    passed, running = a_run(plan, ended_at=START + 6 * MINUTE, outcome="passed"), a_run(plan, id="r2")
    later = START + 9 * MINUTE
    rollout = at_stage(plan, tasks=(passed, running))
    again = rollout.but(**anew(rollout, later))
    assert again.tasks == (running,)
    assert newest(again, plan.stages[0].tasks[0]) is None


def waits(rollout: Rollout, plan: Plan, minutes: float) -> list[tuple[str, Any]]:
    found = bake_waits_for(rollout, plan, START + minutes * MINUTE)
    return [(each.what, each.until) for each in found if each.about is Wait.TASK]


def test_what_is_waited_for_is_told_with_a_time() -> None:
    """X1."""
    plan = a_plan_with()
    rollout = at_stage(plan)
    assert waits(rollout, plan, 1) == [("task 'burst' at T+5m", START + 5 * MINUTE)]
    running = rollout.but(tasks=(a_run(plan),))
    assert waits(running, plan, 6) == [("task 'burst' to end", START + 7 * MINUTE)]
    failed = rollout.but(tasks=(a_run(plan, ended_at=START + 6 * MINUTE, outcome="failed", why="p95 < 1s (2)"),))
    assert waits(failed, plan, 7) == [("task 'burst' to pass (failed: p95 < 1s (2))", None)]
    passed = rollout.but(tasks=(a_run(plan, ended_at=START + 6 * MINUTE, outcome="passed"),))
    assert waits(passed, plan, 7) == []
    assert waits(at_stage(other := a_plan_with({**TASK, "needed": False})), other, 1) == []


def test_an_open_gate_waits_for_it_too() -> None:
    """Law 1: whoever opened it."""
    plan = a_plan_with()
    rollout = at_stage(plan, state=State.GATE, gate=a_gate())
    found = promotion_waits_for(rollout, plan, START + MINUTE)
    assert Wait.TASK in {each.about for each in found}


@pytest.mark.parametrize("outcome", ["failed", "stopped", "unfinished"])
def test_only_a_resume_after_its_end_lets_it_run_again(outcome: str) -> None:
    plan = a_plan_with()
    over = START + 6 * MINUTE
    rollout = at_stage(plan, tasks=(a_run(plan, ended_at=over, outcome=outcome),))
    assert spoiled(rollout, plan) is not None
    assert spoiled(rollout.but(resumed_at=over - MINUTE), plan) is not None
    resumed = rollout.but(resumed_at=over + MINUTE)
    assert spoiled(resumed, plan) is None
    (run,) = begin(resumed, plan, 9)
    assert (run.turn, run.ended_at) == (2, None)


@pytest.mark.parametrize(
    ("condition", "numbers", "met"),
    [
        ("success_rate > 99%", {"success_rate": 99.5}, True),
        ("success_rate > 99%", {"success_rate": 99.0}, False),
        ("p95 < 800ms", {"p95": 0.79}, True),
        ("p95 < 1s", {"p95": 1.0}, False),
        ("p95 < 1s", {}, False),
    ],
)
def test_expectations_are_judged_in_their_numbers_own_units(
    condition: str, numbers: dict[str, float], met: bool
) -> None:
    """Law 3: what wasn't measured isn't met."""
    tells = {"success_rate": Unit.PERCENT, "p95": Unit.SECONDS}
    (judged,) = tasks.judged([parse(condition)], numbers, tells)
    assert judged["met"] is met
    assert bool(tasks.unmet([judged])) is not met


def test_an_end_is_kept_once_and_at_the_time_that_it_came() -> None:
    plan = a_plan_with()
    rollout = at_stage(plan, tasks=(a_run(plan),))
    result = tasks.Result("stopped", START + 6 * MINUTE, "the rollout is held")
    step = tasks.ended(rollout, plan, "r1", result, START + 9 * MINUTE)
    assert step is not None
    assert step.rollout.tasks[0].ended_at == START + 6 * MINUTE
    assert tasks.ended(step.rollout, plan, "r1", result, START + 9 * MINUTE) is None


@pytest.mark.parametrize("on_fail", ["rollback", "kill"])
@pytest.mark.parametrize("outcome", ["stopped", "unfinished"])
def test_only_a_task_that_failed_takes_anything_down(on_fail: str, outcome: str) -> None:
    """Law 3: of one that was stopped, or has no result, nobody knows that the canary is bad."""
    plan = a_plan_with({**TASK, "on_fail": on_fail})
    over = {"ended_at": START + 6 * MINUTE, "why": "x"}
    unknown = at_stage(plan, tasks=(a_run(plan, outcome=outcome, **over),))
    step = tasks.after_spoiled(unknown, plan, START + 7 * MINUTE, "i")
    assert step is not None
    assert (step.rollout.state, step.emergency) == (State.HELD, "")
    failed = at_stage(plan, tasks=(a_run(plan, outcome="failed", **over),))
    step = tasks.after_spoiled(failed, plan, START + 7 * MINUTE, "i")
    assert step is not None
    assert step.emergency or step.rollout.state is State.ROLLING_BACK
