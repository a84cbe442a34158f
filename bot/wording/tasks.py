"""The tasks of a stage, in words: that one begins, what came of it, how all of them stand (O6, R24)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.language.spelling import exactly
from bot.domain.plan import Task
from bot.domain.task_runs import TaskRun
from bot.domain.task_standing import due, newest, runs_again
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t
from bot.wording.numbers import number
from bot.wording.remarks import remark
from bot.wording.sentences import by_when, code, cut, moment, plain, quoted, span, took
from bot.wording.telling import Telling

LINES = 8
WIDTH = 160
NAME = 60


def task_begun(telling: Telling) -> Said:
    """What begins, what it runs, and until when it has ended."""
    facts = {"name": quoted(telling.facts.get("task", ""), NAME), "what": code(telling.facts.get("what", ""), WIDTH)}
    until = telling.time("until")
    lines = []
    if until is not None:
        lines.append(t("It ends by {when}; a kill, a rollback or a hold stops it.", when=by_when(until, telling.now)))
    if telling.has("expect"):
        lines.append(t("It must show: {conditions}.", conditions=", ".join(map(code, telling.texts("expect")))))
    if int(telling.facts.get("turn") or 1) > 1:
        return told(t("🧪 Task {name} begins again: {what}.", **facts), *lines)
    return told(t("🧪 Task {name} begins: {what}.", **facts), *lines)


def task_ended(telling: Telling) -> Said:
    """One line with what came of it and its numbers; why, where it didn't pass; and the end of what it wrote."""
    name = quoted(telling.facts.get("task", ""), NAME)
    lines = [*_numbers(telling.facts), *_output(telling), *_next(telling)]
    return told(_head(telling, name), *lines)


def _head(telling: Telling, name: str) -> str:
    lasted = timedelta(seconds=float(telling.facts.get("took_s") or 0))
    facts = {"name": name, "took": took(lasted), "span": span(lasted)}
    why = why_words(str(telling.facts.get("why") or ""))
    match telling.facts.get("outcome"):
        case "passed":
            return t("✅ Task {name} passed {took}.", **facts)
        case "stopped":
            return t("⏹️ Task {name} was stopped after {span}: {why}.", why=why, **facts)
        case "unfinished":
            return t("❔ Task {name} has no result: {why}.", why=why, **facts)
        case _:
            return t("❌ Task {name} failed after {span}: {why}.", why=why, **facts)


def why_words(why: str) -> str:
    """The reason as it is on record."""
    return remark(why) or t("no reason given")


def _numbers(facts: Mapping[str, Any]) -> list[str]:
    found = number_words(facts)
    return [t("Measured: {numbers}.", numbers=found)] if found else []


def number_words(facts: Mapping[str, Any], most: int = LINES) -> str:
    """`requests 100, success_rate 100%, average 35 ms`."""
    given = facts.get("numbers")
    told = [each for each in given if isinstance(each, Mapping)] if isinstance(given, list | tuple) else []
    return ", ".join(f"{plain(each.get('name') or '?', 40)} {_number(each)}" for each in told[:most])


def _number(told: Mapping[str, Any]) -> str:
    value = told.get("value")
    return number(float(value), str(told.get("unit") or "")) if isinstance(value, int | float) else t("no data")


def _output(telling: Telling) -> list[str]:
    """The last lines of what it wrote: a test says its result at its end."""
    lines = [line.rstrip() for line in str(telling.facts.get("output") or "").split("\n") if line.strip()]
    shown = [code(cut(line, WIDTH), WIDTH) for line in lines[-LINES:]]
    if len(lines) > LINES or telling.facts.get("cut"):
        shown.insert(0, t("The record has more of it: `perch evidence show {id}`", id=plain(telling.rollout.id, 60)))
    return shown


def _next(telling: Telling) -> list[str]:
    """What follows from one that didn't pass."""
    if telling.facts.get("outcome") == "passed" or not telling.rollout.live or telling.rollout.state.going_down:
        return []
    if not telling.facts.get("needed"):
        return [t("The stage doesn't need it; nothing follows from it.")]
    return [t("The stage isn't left before it has passed. Once it is resumed, it runs again.")]


# ---- how they stand ---------------------------------------------------------------------------------------------


def task_lines(telling: Telling) -> list[str]:
    """One line: each task of the present stage, and how it stands."""
    rollout = telling.rollout
    if not telling.stage.tasks or rollout.mode == "observe" or rollout.entered_at is None:
        return []
    return [t("Tasks: {tasks}", tasks="; ".join(_stands(telling, task) for task in telling.stage.tasks))]


def _stands(telling: Telling, task: Task) -> str:
    run, name = newest(telling.rollout, task), quoted(task.name, NAME)
    if run is None or runs_again(telling.rollout, task, run):
        return due_words(telling, task)
    if run.ended_at is None:
        return t("{name} runs since {at}", name=name, at=moment(run.at, telling.now))
    facts = {"name": name, "at": moment(run.ended_at, telling.now), "why": why_words(run.why)}
    match run.outcome:
        case "passed":
            return t("{name} passed at {at}", **facts)
        case "stopped":
            return t("{name} was stopped at {at} ({why})", **facts)
        case "unfinished":
            return t("{name} has no result ({why})", **facts)
        case _:
            return t("{name} failed at {at} ({why})", **facts)


def due_words(telling: Telling, task: Task) -> str:
    """`'burst' at T+5m, 14:05 (in 3 min)`."""
    begins, name, offset = due(telling.rollout, task), quoted(task.name, NAME), f"T+{exactly(task.at)}"
    if begins <= telling.now:
        return t("{name}, which begins with the next check", name=name)
    return t("{name} at {offset}, {when}", name=name, offset=offset, when=by_when(begins, telling.now))


def awaited_task(telling: Telling, name: str) -> str:
    """A needed task that hasn't passed, as what is waited for."""
    task = next((each for each in telling.stage.tasks if each.name == name), None)
    run = newest(telling.rollout, task) if task is not None else None
    if task is None or run is None or runs_again(telling.rollout, task, run):
        return t("task {what}", what=due_words(telling, task) if task is not None else quoted(name, NAME))
    return _under_way(telling, run) if run.ended_at is None else _not_passed(run)


def _under_way(telling: Telling, run: TaskRun) -> str:
    return t("task {name} to end, by {when}", name=quoted(run.name, NAME), when=by_when(run.until, telling.now))


def _not_passed(run: TaskRun) -> str:
    return t("task {name} to pass ({why})", name=quoted(run.name, NAME), why=why_words(run.why))


def in_all(task: Task) -> str:
    """A task as a plan's table has it: `burst at T+5m`."""
    offset = f"T+{exactly(task.at)}"
    return t("{name} at {offset}", name=quoted(task.name, NAME), offset=offset)


def lasted(seconds: object) -> str:
    """How long it took, for a table."""
    return span(timedelta(seconds=seconds)) if isinstance(seconds, int | float) and 0 <= seconds < 1e9 else "–"
