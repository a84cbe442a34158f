"""What fired: why Perch took a rollout down, held it or saw no data; and which of that people called a false alarm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from bot.domain.evidence import Record
from bot.domain.record.reading import by_a_person, lines_of, text, time_of
from bot.domain.rollout import Line
from bot.domain.value import Value

AlarmKind = Literal["rolled_back", "killed", "held", "no_data", "verdict"]
CauseKind = Literal["condition", "no_data", "person", "alert", "deadline"]
_GONE_DOWN = {"rolling_back": "rolled_back", "killing": "killed"}
_FROM_A_VERDICT = ("on_fail", "no_data", "breach", "both_sides", "drift")
"""Holds that nobody asked for: what made them may have been wrong."""
_BAD = ("breach", "fail", "no_data")


class Alarm(Value):
    """Something that Perch did, or said, because of what it saw. `number` is its record's."""

    number: int
    kind: AlarmKind
    at: datetime
    conditions: tuple[str, ...] = ()


class FalseAlarm(Value):
    """A person's word that an alarm was none. `of` is the alarm's record, `number` that of the word itself."""

    number: int
    of: int
    kind: AlarmKind
    by: str
    at: datetime
    reason: str
    conditions: tuple[str, ...] = ()


class Cause(Value):
    """Why a rollout went down: a condition, missing data, a person, an alert, or a deadline that nobody kept."""

    kind: CauseKind
    what: str = ""
    """The condition, or the reason in words."""


def alarms(records: Sequence[Record]) -> list[Alarm]:
    """All of them, oldest first. A bad verdict is one by itself; what Perch did about it is another."""
    found: list[Alarm] = []
    verdict: Record | None = None
    for record in records:
        if record.kind == "verdict_changed":
            verdict = record
        kind = _kind(record)
        if kind is not None:
            found.append(Alarm(number=record.number, kind=kind, at=time_of(record), conditions=_fired(record, verdict)))
    return found


def marked(records: Iterable[Record]) -> tuple[FalseAlarm, ...]:
    """What people call a false alarm, oldest first, without what was taken back."""
    found: dict[int, FalseAlarm] = {}
    for record in records:
        of = record.body.get("of")
        alarm = of.get("number") if isinstance(of, dict) else of
        if not isinstance(alarm, int):
            continue
        if record.kind == "false_alarm_undone":
            found.pop(alarm, None)
        elif record.kind == "false_alarm":
            found[alarm] = _false_alarm(record, alarm)
    return tuple(found.values())


def worst(fired: Sequence[Alarm]) -> Alarm | None:
    """The alarm that is meant where none is named: what Perch did last, else the last bad verdict."""
    deeds = [alarm for alarm in fired if alarm.kind != "verdict"]
    return next(reversed(deeds or [*fired]), None)


def causes(records: Sequence[Record]) -> tuple[Cause, ...]:
    """Why it last went down, the conditions first; nothing where it didn't."""
    down = next((record for record in reversed(records) if record.kind in _GONE_DOWN), None)
    if down is None:
        return ()
    reason = text(down.body, "reason")
    if by_a_person(down):
        return (Cause(kind="person", what=reason),)
    if down.actor != "perch":
        return (Cause(kind="alert", what=reason),)
    before = [record for record in records if record.number < down.number and record.kind == "verdict_changed"]
    fired = _fired(down, before[-1] if before else None)
    if reason.startswith(_BLIND):
        return tuple(Cause(kind="no_data", what=condition) for condition in fired) or (Cause(kind="no_data"),)
    named = [condition for condition in fired if condition in reason]
    return tuple(Cause(kind="condition", what=condition) for condition in named) or (
        Cause(kind="deadline", what=reason),
    )


_BLIND = "no data for longer than the plan allows"


def bad_conditions(lines: Iterable[Line], *, unmeasured: bool) -> tuple[str, ...]:
    """Of a check's conditions those that fired or don't hold; with `unmeasured`, those that nobody could measure."""
    counted = [line for line in lines if line.counts and line.role in ("hard", "trigger")]
    if unmeasured:
        return tuple(dict.fromkeys(line.condition for line in counted if line.met is None))
    return tuple(dict.fromkeys(line.condition for line in counted if line.met is (line.role == "trigger")))


def _kind(record: Record) -> AlarmKind | None:
    if by_a_person(record):
        return None
    match record.kind:
        case "rolling_back":
            return "rolled_back"
        case "killing":
            return "killed"
        case "no_data":
            return "no_data"
        case "held" if record.body.get("cause") in _FROM_A_VERDICT:
            return "held"
        case "verdict_changed" if record.body.get("verdict") in _BAD:
            return "verdict"
        case _:
            return None


def _fired(record: Record, verdict: Record | None) -> tuple[str, ...]:
    """The conditions behind an alarm: its own, else those of the verdict that it followed from."""
    missing = record.body.get("missing")
    if record.kind == "no_data" and isinstance(missing, list):
        return tuple(str(each).partition(" (")[0] for each in missing)
    own = lines_of(record.body)
    if own and record.kind == "rolling_back":
        return tuple(dict.fromkeys(line.condition for line in own))
    source = record if own else verdict
    if source is None:
        return ()
    blind = source.body.get("verdict") == "no_data"
    return bad_conditions(lines_of(source.body), unmeasured=blind)


def _false_alarm(record: Record, alarm: int) -> FalseAlarm:
    of = record.body.get("of")
    facts = of if isinstance(of, dict) else {}
    kind = str(facts.get("kind"))
    return FalseAlarm(
        number=record.number,
        of=alarm,
        kind=_KINDS.get(kind, "verdict"),
        by=record.actor,
        at=time_of(record),
        reason=text(record.body, "reason"),
        conditions=tuple(str(each) for each in facts.get("conditions") or ()),
    )


_KINDS: dict[str, AlarmKind] = {
    "rolled_back": "rolled_back",
    "killed": "killed",
    "held": "held",
    "no_data": "no_data",
    "verdict": "verdict",
}
