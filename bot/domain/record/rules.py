"""Which rule decided: what the plan says, a deadline's default, or a person's word; read from the last records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.rollout import PERCH, Rollout
from bot.domain.value import Value
from bot.domain.verdicts import Line

Which = Literal[
    "stages",
    "person",
    "alert",
    "on_breach",
    "on_fail",
    "no_data",
    "hold",
    "gate",
    "bake_limit",
    "preflight",
    "perch",
    "task",
]

WORDS: Mapping[str, str] = {
    "stages": "the last stage's bake was over with a promotable verdict, and nothing stood against the end",
    "person": "a person's word",
    "alert": "an alert's word",
    "on_breach": "the plan's on_breach: a rollback trigger fired",
    "on_fail": "the plan's on_fail: the bake was over and a hard condition didn't hold",
    "no_data": "the plan's no_data.then: data stayed away for longer than the plan allows",
    "hold": "the default of a hold that nobody ended by its deadline",
    "gate": "the plan's gate.then: nobody answered the gate in time",
    "bake_limit": "the plan's bake_limit.then: the stage took too long",
    "preflight": "preflight found problems before any traffic moved",
    "perch": "Perch's own: the reason says which",
    "task": "the on_fail of a task that the stage needed",
}


class Decided(Value):
    """The rule that decided. `reason` is as it was told; `lines` are the conditions that it names, as they stood."""

    rule: Which
    reason: str = ""
    by: str = PERCH.id
    record: int = 0
    """The record that says so."""
    lines: tuple[Line, ...] = ()


def decided(rollout: Rollout, records: Sequence[Record]) -> Decided:
    """Why a rollout that has ended ended as it did."""
    match rollout.state:
        case State.ROLLED_BACK:
            return _by_record(rollout, _last(records, "rolling_back"))
        case State.KILLED:
            return _killed(rollout, _last(records, "killing"))
        case State.ABORTED:
            return _aborted(rollout, _last(records, "aborted"))
        case State.OBSERVED:
            return _observed(rollout, _last(records, "observed"))
        case _:
            found = _last(records, "completed")
            return Decided(rule="stages", reason=rollout.reason, record=found.number if found else 0)


def _last(records: Sequence[Record], kind: str) -> Record | None:
    return next((record for record in reversed(records) if record.kind == kind), None)


def _who(actor: str) -> Which:
    """Whose word it was, where it wasn't a rule of the plan's."""
    if actor == PERCH.id:
        return "perch"
    return "alert" if actor == "alertmanager" else "person"


def _by_record(rollout: Rollout, record: Record | None) -> Decided:
    if record is None:
        return Decided(rule="perch", reason=rollout.reason)
    told: Any = record.body.get("rule")
    lines = tuple(Line.model_validate(line) for line in record.body.get("lines") or ())
    otherwise = "on_breach" if any(line.role == "trigger" for line in lines) else _who(record.actor)
    rule: Which = told if told in WORDS else otherwise
    reason = str(record.body.get("reason") or rollout.reason)
    return Decided(rule=rule, reason=reason, by=record.actor, record=record.number, lines=lines)


def _killed(rollout: Rollout, record: Record | None) -> Decided:
    """A kill by Perch itself comes from a plan's on_breach, on_fail or hold; the reason names the conditions."""
    if record is None:
        return Decided(rule="perch", reason=rollout.reason)
    reason = str(record.body.get("reason") or rollout.reason)
    lines = _named(rollout, reason)
    rule = _who(record.actor)
    if rule == "perch" and lines:
        rule = "on_breach" if any(line.role == "trigger" for line in lines) else "on_fail"
    elif rule == "perch" and reason.startswith("nobody acted on the hold"):
        rule = "hold"
    elif rule == "perch" and reason.startswith("task '"):
        rule = "task"
    return Decided(rule=rule, reason=reason, by=record.actor, record=record.number, lines=lines)


def _named(rollout: Rollout, reason: str) -> tuple[Line, ...]:
    """The bad conditions of the last check that a reason names."""
    lines = rollout.check.lines if rollout.check else ()
    bad = [line for line in lines if line.role != "soft" and line.counts and line.met is (line.role == "trigger")]
    return tuple(line for line in bad if line.condition in reason)


def _aborted(rollout: Rollout, record: Record | None) -> Decided:
    facts: Mapping[str, Any] = record.body if record else {}
    actor = record.actor if record else PERCH.id
    red = "; ".join(str(each) for each in facts.get("red") or ())
    reason = f"{rollout.reason}: {red}" if red else rollout.reason
    rule: Which = "preflight" if actor == PERCH.id and red else _who(actor)
    return Decided(rule=rule, reason=reason, by=actor, record=record.number if record else 0)


def _observed(rollout: Rollout, record: Record | None) -> Decided:
    actor = record.actor if record else PERCH.id
    held = rollout.reason == "all stages held"
    rule: Which = "stages" if held else _who(actor)
    return Decided(rule=rule, reason=rollout.reason, by=actor, record=record.number if record else 0)
