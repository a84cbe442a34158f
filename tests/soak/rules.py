"""What the evidence of one rollout may never hold, whatever happened. Pure: records in, sentences out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.domain.evidence import Record
from bot.domain.rollout import Way


def broken_rules(plan: str, records: Sequence[Record], sick: Collection[str]) -> list[str]:
    """Laws 3, 6 and 7, as far as a record shows them. `sick`: plans whose canary was really bad at some time."""
    return [*_up_after_down(records), *_false_alarm(plan, records, sick), *_counted_twice(records)]


def _up_after_down(records: Sequence[Record]) -> list[str]:
    """Law 7: nothing leads up from a way down."""
    wrong, down = [], ""
    for record in records:
        if record.kind in ("rolling_back", "killing"):
            down = f"{record.kind} in record {record.number}"
        if down and record.kind in ("promoted", "stage_confirmed", "gate"):
            wrong.append(f"record {record.number} is {record.kind}, after {down}")
        if down and record.kind == "intended" and record.body["way"] == Way.RAISE.value:
            wrong.append(f"record {record.number} intends to raise, after {down}")
    return wrong


def _false_alarm(plan: str, records: Sequence[Record], sick: Collection[str]) -> list[str]:
    """Law 3: Perch itself goes down only for a canary that really was bad."""
    by_itself = [record for record in records if record.kind == "rolling_back" and record.actor == "perch"]
    return [
        f"record {record.number} rolls a healthy canary back: {record.body['reason']}"
        for record in by_itself
        if plan not in sick
    ]


def _counted_twice(records: Sequence[Record]) -> list[str]:
    """Law 6: one yes of a person for each gate."""
    wrong, said = [], set[str]()
    for record in records:
        if record.kind in ("gate", "promoted", "gate_closed", "withdrawn"):
            said.clear()
        elif record.kind == "approved":
            if record.actor in said:
                wrong.append(f"record {record.number}: {record.actor} approved twice")
            said.add(record.actor)
    return wrong
