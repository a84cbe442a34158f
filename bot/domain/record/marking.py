"""People's words about what is over, on record in the rollout's chain: a false alarm, how an override turned out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.evidence import Record
from bot.domain.record.alarms import FalseAlarm, alarms, marked, worst
from bot.domain.record.outcomes import judged
from bot.domain.record.refusals import MarkedAlready, NoSuchOverride, NothingFired, NotMarked
from bot.domain.rollout import Person, Rollout
from bot.domain.steps import Happening, Step


def false_alarm(rollout: Rollout, records: Sequence[Record], by: Person, reason: str) -> Step:
    """Call the newest thing that fired a false alarm. Raises NothingFired, or MarkedAlready."""
    alarm = worst(alarms(records))
    if alarm is None:
        raise NothingFired(rollout.id)
    if any(mark.of == alarm.number for mark in marked(records)):
        raise MarkedAlready(rollout.id)
    of = alarm.model_dump(mode="json")
    return Step(rollout, (Happening("false_alarm", {"by": by.id, "reason": reason, "of": of}, by),))


def newest_mark(rollout: Rollout, records: Sequence[Record]) -> FalseAlarm:
    """What taking back is about. Raises NotMarked."""
    marks = marked(records)
    if not marks:
        raise NotMarked(rollout.id)
    return max(marks, key=lambda mark: mark.number)


def undone(rollout: Rollout, mark: FalseAlarm, by: Person) -> Step:
    """The alarm was none of a false one after all."""
    facts = {"by": by.id, "of": mark.of, "conditions": list(mark.conditions)}
    return Step(rollout, (Happening("false_alarm_undone", facts, by),))


def judge(rollout: Rollout, records: Sequence[Record], by: Person, word: str, reason: str, place: int | None) -> Step:
    """A person's word on an override, in place of the computed one; "computed" takes it back.

    `place` counts from 1; None is the only one. Raises NoSuchOverride.
    """
    known = judged(rollout, records)
    which = place if place is not None else (1 if len(known) == 1 else 0)
    if not 1 <= which <= len(known):
        raise NoSuchOverride(rollout.id, len(known))
    one = known[which - 1]
    facts = {"by": by.id, "word": word, "reason": reason, "of": which, "computed": one.computed.value}
    return Step(rollout, (Happening("override_judged", facts, by),))
