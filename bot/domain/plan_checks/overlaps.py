"""Plan check: where the rules about one number overlap, leave gaps or contradict each other (R18).

The values worth trying are the thresholds themselves, one between each two, and one beyond either end: between two
thresholds nothing changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.domain.conditions import About, Number
from bot.domain.planning.draft import Draft, Use, Where
from bot.domain.planning.report import Finding, Note
from bot.domain.units import Unit, convert


@dataclass(frozen=True, slots=True)
class Limit:
    """One use of a number in a stage, its threshold in the number's own unit."""

    use: Use
    value: float

    def holds(self, at: float) -> bool:
        return self.use.condition.op is not None and self.use.condition.op.holds(at, self.value)


def check_overlaps(draft: Draft) -> Iterator[Finding]:
    """Each number of each stage, then triggers that a later stage no longer has."""
    watched: dict[str, int] = {}
    for index, _ in draft.stages():
        by_name: dict[str, list[Limit]] = defaultdict(list)
        for limit, name in _limits(draft, index):
            by_name[name].append(limit)
        for name, limits in by_name.items():
            yield from _number(name, limits)
        yield from _dropped(draft, index, watched)


def _limits(draft: Draft, stage: int) -> Iterator[tuple[Limit, str]]:
    for use in draft.uses():
        condition, subject = use.condition, use.condition.subject
        if use.stage != stage or not isinstance(condition.value, Number) or condition.after is not None:
            continue
        metric = draft.plan.metrics.get(subject.name)
        unit = metric.unit if metric and subject.about is About.METRIC else Unit.SECONDS
        if subject.about not in (About.METRIC, About.AGE_OF) or metric is None:
            continue
        if condition.value.unit.dimension is unit.dimension:
            value = convert(condition.value.value, condition.value.unit, unit)
            name = subject.name if subject.about is About.METRIC else f"age_of({subject.name})"
            yield Limit(use, value), name


def _number(name: str, limits: Sequence[Limit]) -> Iterator[Finding]:
    hard = [limit for limit in limits if limit.use.where is Where.HARD]
    soft = [limit for limit in limits if limit.use.where is Where.SOFT]
    triggers = [limit for limit in limits if limit.use.where is Where.TRIGGER]
    tried = _worth_trying([limit.value for limit in limits])
    passing = [at for at in tried if _all_hold(hard, at)]
    if not hard:
        return
    last = hard[-1].use
    if not passing:
        yield last.mistake(f"no {name} can meet all hard conditions of this stage", "loosen one of them")
        return
    yield from _against_triggers(name, hard, triggers, passing)
    yield from _gaps(name, hard, triggers, tried)
    yield from _idle_warnings(hard, soft, passing)


def _against_triggers(
    name: str, hard: Sequence[Limit], triggers: Sequence[Limit], passing: Sequence[float]
) -> Iterator[Finding]:
    for trigger in triggers:
        both = [at for at in passing if trigger.holds(at)]
        if len(both) == len(passing):
            what = f"every {name} that meets the hard condition '{hard[0].use.condition}' also fires this trigger"
            yield trigger.use.mistake(what, "turn the comparison round, or move the threshold")
        elif both:
            what = f"overlap: {name} at {both[0]:g} meets '{hard[0].use.condition}' and fires this trigger"
            yield trigger.use.note(what, "the trigger wins; move one threshold beyond the other")


def _gaps(name: str, hard: Sequence[Limit], triggers: Sequence[Limit], tried: Sequence[float]) -> Iterator[Note]:
    for trigger in triggers:
        at = trigger.value
        neighbours = [value for value in (_below(at, tried), _above(at, tried)) if value is not None]
        sides = {(_all_hold(hard, value), trigger.holds(value)) for value in neighbours}
        if sides == {(True, False), (False, True)} and not _all_hold(hard, at) and not trigger.holds(at):
            what = f"gap: {name} at exactly {at:g} neither meets the hard condition nor fires this trigger"
            yield trigger.use.note(what, "it counts as not met, so the stage's on_fail answers")


def _idle_warnings(hard: Sequence[Limit], soft: Sequence[Limit], passing: Sequence[float]) -> Iterator[Note]:
    for warning in soft:
        if all(warning.holds(at) for at in passing):
            what = f"'{hard[0].use.condition}' fails before this can warn"
            yield warning.use.note(what, "a warning is stricter than its hard condition")


def _dropped(draft: Draft, stage: int, watched: dict[str, int]) -> Iterator[Note]:
    """Say which triggers of earlier stages have no successor here; `watched` remembers from stage to stage."""
    here = {
        use.condition.subject.name or use.condition.subject.about.value
        for use in draft.uses()
        if use.stage == stage and use.where is Where.TRIGGER
    }
    written = draft.wrote("stages", stage, "rollback_when")
    gone = sorted(name for name, since in watched.items() if name not in here and since == stage - 1)
    if gone:
        path = draft.place("stages", stage, *(["rollback_when"] if written else []))
        yield Note(path, f"no trigger watches {', '.join(gone)} any more", "carry the earlier stage's triggers on")
    watched.update(dict.fromkeys(here, stage))


def _all_hold(limits: Sequence[Limit], at: float) -> bool:
    return all(limit.holds(at) for limit in limits)


def _worth_trying(thresholds: Sequence[float]) -> list[float]:
    marks = sorted(set(thresholds))
    between = [(low + high) / 2 for low, high in pairwise(marks)]
    return sorted({marks[0] - 1, *marks, *between, marks[-1] + 1})


def _below(at: float, tried: Sequence[float]) -> float | None:
    return max((value for value in tried if value < at), default=None)


def _above(at: float, tried: Sequence[float]) -> float | None:
    return min((value for value in tried if value > at), default=None)
