"""Records by the minute, for tests of what is read from a whole record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.evidence import Record
from bot.domain.machine import State
from tests.builders import START

M = timedelta(minutes=1)


def a_record(
    minute: float, kind: str, state: State | None = None, actor: str = "perch", weight: float = 1.0, **facts: Any
) -> Record:
    """One record; `state` and `weight` are how it left the rollout."""
    stage = 0 if weight < 10 else 1
    body = {**facts, "at": {"state": state.value, "stage": stage, "weight": weight}} if state else facts
    at = (START + minute * M).isoformat()
    return Record("materializers-1", 1, kind, at, actor, body, "", "")


def numbered(records: Iterable[Record]) -> Sequence[Record]:
    """In their order, numbered from 1."""
    return [replace(record, number=number) for number, record in enumerate(records, start=1)]


def a_line(condition: str, role: str = "hard", met: bool | None = True, value: float | None = 1.0) -> dict[str, Any]:
    return {"role": role, "condition": condition, "metric": condition.split()[0], "met": met, "value": value}


def a_verdict(minute: float, verdict: str, *lines: dict[str, Any], state: State = State.BAKING) -> Record:
    return a_record(minute, "verdict_changed", state, verdict=verdict, lines=list(lines))
