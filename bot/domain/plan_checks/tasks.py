"""Plan check: the tasks of stages: their names, their times, and that what they must show is what they tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.conditions import About, Condition, Number
from bot.domain.language.spelling import exactly
from bot.domain.plan import Stage, Task
from bot.domain.planning.draft import Draft
from bot.domain.planning.report import Finding, Mistake, Note, Path
from bot.domain.planning.shape import suggest
from bot.domain.units import Unit

_AS = {
    Unit.PERCENT: "99%",
    Unit.SECONDS: "2s or 800ms",
    Unit.COUNT: "100",
    Unit.PER_SECOND: "10/s",
}


SUCCESS = "success_rate"


def check_stage_tasks(draft: Draft) -> Iterator[Finding]:
    """Each task by itself, and beside the others of its stage."""
    for index, stage in draft.stages():
        names: set[str] = set()
        for number, task in enumerate(stage.tasks):
            place = draft.place("stages", index, "tasks", number)
            if task.name in names:
                yield Mistake(place, f"two tasks of the stage are called '{task.name}'", "give each a name of its own")
            names.add(task.name)
            yield from _time(stage, task, place)
            yield from _consequence(task, place, draft.wrote("stages", index, "tasks", number))
            yield from _expected(draft, task, place)


def _time(stage: Stage, task: Task, place: Path) -> Iterator[Finding]:
    limit = stage.bake_limit
    if limit is not None and task.at >= limit.at_most:
        what = f"it begins at T+{exactly(task.at)}, when the stage has taken too long already"
        yield Mistake((*place, "at"), what, f"before {exactly(limit.at_most)}, the bake_limit")
    elif task.at > stage.bake:
        then = "the stage waits for it" if task.needed else "it is run only if the stage lasts"
        yield Note(
            (*place, "at"), f"it begins after the stage's bake: {then}", f"within the {exactly(stage.bake)} of it"
        )


def _consequence(task: Task, place: Path, written: object) -> Iterator[Finding]:
    """What isn't needed is told, and nothing follows from it."""
    if not task.needed and isinstance(written, Mapping) and "on_fail" in written:
        what = "nothing follows from a task that isn't needed"
        yield Mistake((*place, "on_fail"), what, "take out on_fail, or needed: false")


def _expected(draft: Draft, task: Task, place: Path) -> Iterator[Finding]:
    kind = draft.kinds.tasks.get(task.part.kind)
    if kind is None:
        return
    for number, condition in enumerate(task.expect):
        yield from _condition(condition, kind.tells, (*place, "expect", number))
    unjudged = SUCCESS in kind.tells and SUCCESS not in {each.subject.name for each in task.expect}
    if task.needed and unjudged:
        what = "it passes however many of its requests fail"
        yield Note(place, what, f'say what it must show: expect: ["{SUCCESS} > 99%"]')


def _condition(condition: Condition, tells: Mapping[str, Unit], place: Path) -> Iterator[Finding]:
    """Numbers are compared when the task is over, once: no clauses, and nothing that needs another number."""
    subject, clauses = condition.subject, (condition.after, condition.lasting, condition.times, condition.within)
    if subject.about is not About.METRIC or not isinstance(condition.value, Number) or any(clauses):
        what = "a task's expectation compares one of its numbers with a number, once"
        yield Mistake(place, what, 'as: "success_rate > 99%"')
    elif subject.name not in tells:
        what = f"a task of this kind tells no '{subject.name}'"
        yield Mistake(place, what, suggest(subject.name, tells))
    elif condition.value.unit.dimension is not tells[subject.name].dimension:
        unit = tells[subject.name]
        what = f"{subject.name} is in {unit.value.replace('_', ' ')}"
        yield Mistake(place, what, f"write it as {_AS.get(unit, 'a number in that unit')}")
