"""What a stage's tasks may say, and each mistake in them (O6, R24, R1)."""

# ruff: noqa: E501 (one case is one line)

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.plan import Action, Plan
from bot.domain.planning.diff import differences
from bot.domain.planning.reading import thaw_plan
from tests.bot.domain.plan_trees import KINDS, a_tree, report, spoiled, told

TASKS, AT = "stages.0.tasks", "stages[0].tasks[0]"
LOAD = {"url": "http://x", "requests": 100}
ONCE = 'a task\'s expectation compares one of its numbers with a number, once — as: "success_rate > 99%"'
WAYS = "load: {requests: 100, url: …}, or command: [program, argument, …]"

MISTAKES: list[tuple[Any, str]] = [
    ({"at": "5m"}, f"{AT}: the task doesn't say what to run — {WAYS}"),
    ("load", f"{AT}: a task with what it runs is expected, not 'load' — {WAYS}"),
    ({"load": 5}, f"{AT}: the task doesn't say what to run — {WAYS}"),
    ({"kind": "lode", "url": "x"}, f"{AT}.kind: there is no task kind 'lode' — did you mean load?"),
    ({"load": {"url": "x", "request": 5}}, f"{AT}.load.request: unknown key 'request' — did you mean requests?"),
    ({"kind": "load", "url": "x", "request": 5}, f"{AT}.request: unknown key 'request' — did you mean requests?"),
    ({"part": {"kind": "load", "options": {"url": "x", "request": 5}}}, f"{AT}.request: unknown key 'request' — did you mean requests?"),
    ({"load": LOAD, "wen": "5m"}, f"{AT}.wen: unknown key 'wen' — known: again, at, expect, name, needed, on_fail"),
    ({"command": ["x"], "wat": 1}, f"{AT}.wat: unknown key 'wat' — known: command, load_burst"),
    ({"load": {**LOAD, "load_hosts": ["evil"]}}, f"{AT}.load.load_hosts: load_hosts stands in the plan itself — beside stages:"),
    ({"load": LOAD, "at": 5}, f"{AT}.at: 5 has no unit — 5s, 5m or 5h"),
    ({"load": LOAD, "name": "a\nb\x07"}, f"{AT}.name: a task's name has 1 to 60 characters, on one line — name: crash injection"),
    ({"load": LOAD, "on_fail": "extend"}, f"{AT}.on_fail: 'extend' is not one of hold, rollback, kill"),
    ({"load": LOAD, "needed": False, "on_fail": "kill"}, f"{AT}.on_fail: nothing follows from a task that isn't needed — take out on_fail, or needed: false"),
    ({"load": LOAD, "expect": ["succes_rate > 99%"]}, f"{AT}.expect[0]: a task of this kind tells no 'succes_rate' — did you mean success_rate?"),
    ({"load": LOAD, "expect": ["p95 < 800"]}, f"{AT}.expect[0]: p95 is in seconds — write it as 2s or 800ms"),
    ({"load": LOAD, "expect": ["success_rate > 0.99"]}, f"{AT}.expect[0]: success_rate is in percent — write it as 99%"),
    ({"load": LOAD, "expect": ["p95 < baseline + 10%"]}, f"{AT}.expect[0]: {ONCE}"),
    ({"load": LOAD, "expect": ["p95 < 1s for 5m"]}, f"{AT}.expect[0]: {ONCE}"),
    ({"load": LOAD, "expect": ["p95 down"]}, f"{AT}.expect[0]: {ONCE}"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "mistake"), MISTAKES)
def test_a_mistake_in_a_task_is_told_where_it_stands(task: Any, mistake: str) -> None:
    assert [told(each) for each in report(spoiled(TASKS, [task])).mistakes] == [mistake]


def test_two_of_a_stage_are_told_apart_by_their_names() -> None:
    found = report(spoiled(TASKS, [{"load": LOAD}, {"load": LOAD}]))
    mistake = "stages[0].tasks[1]: two tasks of the stage are called 'load' — give each a name of its own"
    assert [told(each) for each in found.mistakes] == [mistake]


def test_there_are_no_more_than_eight() -> None:
    found = report(spoiled(TASKS, [{"load": LOAD, "name": f"t{number}"} for number in range(9)]))
    assert [str(each.path) for each in found.mistakes] == ["('stages', 0, 'tasks')"]


@pytest.mark.parametrize("host", ["http://x", "user@x", "x/y", "${HOST}", "x y", ""])
def test_a_host_is_written_out(host: str) -> None:
    """O6: what a variable holds later can't widen the list."""
    found = report({**a_tree(), "load_hosts": ["x:8080", host]})
    assert [told(each) for each in found.mistakes] == [
        f"load_hosts[1]: '{host}' is not a host — as: denis.internal:8080, or [::1]:8080"
    ]


def read(*tasks: dict[str, Any], **more: Any) -> Plan:
    plan = report({**spoiled(TASKS, list(tasks)), **more}).plan
    assert plan is not None
    return plan


def test_each_form_says_the_same() -> None:
    forms: list[dict[str, Any]] = [
        {"load": LOAD},
        {"kind": "load", **LOAD},
        {"part": {"kind": "load", "options": LOAD}, "name": "load"},
    ]
    assert len({str(read(form).stages[0].tasks) for form in forms}) == 1


def test_what_is_left_out_is_cautious() -> None:
    """R24: what a plan runs counts."""
    (task,) = read({"command": ["inject.sh", "5"]}).stages[0].tasks
    assert (task.name, task.at, task.needed, task.on_fail, task.again) == (
        "command",
        timedelta(0),
        True,
        Action.HOLD,
        False,
    )
    assert task.shown == "inject.sh 5"


def test_a_task_that_says_something_else_is_another() -> None:
    """A changed plan can't take over the pass of the former."""
    one, same, other, stricter = (
        read(task).stages[0].tasks[0].mark
        for task in (
            {"load": LOAD},
            {"load": LOAD, "at": "5m", "needed": False},
            {"load": {**LOAD, "requests": 99}},
            {"load": LOAD, "expect": ["success_rate > 99%"]},
        )
    )
    assert one == same
    assert len({one, other, stricter}) == 3


def test_it_is_the_same_when_its_frozen_plan_is_read_again() -> None:
    tree = spoiled(TASKS, [{"load": LOAD, "name": "burst", "expect": ["p95 < 2s"]}])
    assert thaw_plan(tree, "", KINDS).stages[0].tasks == report(tree).plan.stages[0].tasks  # type: ignore[union-attr]


def test_people_in_what_is_sent_are_no_environments() -> None:
    tasks = [{"load": LOAD, "name": "to @bob", "at": "5m @production, 10s @lab", "expect": ["success_rate > 99%"]}]
    (at_home,) = read(*tasks).stages[0].tasks
    assert at_home.at == timedelta(minutes=5)
    lab = report(spoiled(TASKS, tasks), "lab")
    assert lab.plan is not None
    assert lab.plan.stages[0].tasks[0].at == timedelta(seconds=10)
    assert report(spoiled(TASKS, tasks), "bob").mistakes != ()


@pytest.mark.parametrize(
    ("task", "note"),
    [
        ({"load": LOAD}, f'{AT}: it passes however many of its requests fail — say what it must show: expect: ["success_rate > 99%"]'),
        ({"command": ["x"], "at": "5h"}, f"{AT}.at: it begins after the stage's bake: the stage waits for it — within the 4h of it"),
        ({"command": ["x"], "at": "5h", "needed": False}, f"{AT}.at: it begins after the stage's bake: it is run only if the stage lasts — within the 4h of it"),
    ],
)  # fmt: skip
def test_what_an_author_should_know_is_noted(task: Any, note: str) -> None:
    assert note in [told(each) for each in report(spoiled(TASKS, [task])).notes]


def test_one_that_begins_when_the_stage_may_last_no_longer_is_a_mistake() -> None:
    tree = spoiled(TASKS, [{"command": ["x"], "at": "9h"}])
    tree["stages"][0]["bake_limit"] = {"at_most": "8h"}
    mistake = f"{AT}.at: it begins at T+9h, when the stage has taken too long already — before 8h, the bake_limit"
    assert mistake in [told(each) for each in report(tree).mistakes]


def test_a_burst_that_is_asked_for_and_run_is_nothing_to_note() -> None:
    """E5."""
    for burst in ({"load": LOAD, "expect": ["success_rate > 99%"]}, {"command": ["flood.sh"], "load_burst": True}):
        tree = {**spoiled(TASKS, [burst]), "artifacts": ["load_burst"]}
        assert (report(tree).mistakes, report(tree).notes) == ((), ())


def test_a_changed_task_is_told_by_its_name_and_by_what_is_different() -> None:
    """Who approves a changed plan reads what is run differently."""
    old = read({"load": LOAD, "expect": ["p95 < 2s"]}, {"command": ["x"], "name": "crash injection"})
    new = read({"load": {**LOAD, "requests": 200}, "expect": ["p95 < 2s"]})
    changed, gone = map(str, differences(old, new))
    assert changed == "stage 1% tasks load.part.options.requests: 100 → 200"
    assert gone.startswith("stage 1% tasks crash injection: - {name: crash injection")
