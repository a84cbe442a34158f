"""One record at a time: when it was, who did it, and what the rollout was like after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from pydantic import ValidationError

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.rollout import PERCH, Line

_STATES = {state.value: state for state in State}


def time_of(record: Record) -> datetime:
    return datetime.fromisoformat(record.at)


def moment_of(record: Record) -> datetime | None:
    """When it was; None for a time that can't be read (a record that isn't Perch's)."""
    try:
        found = time_of(record)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def state_after(record: Record) -> State | None:
    """The state that a record left the rollout in; None for what says none, such as a refusal."""
    at = record.body.get("at")
    return _STATES.get(str(at.get("state"))) if isinstance(at, Mapping) else None


def weight_after(record: Record) -> float | None:
    """The confirmed weight in percent after a record; None for what says none."""
    at = record.body.get("at")
    weight = at.get("weight") if isinstance(at, Mapping) else None
    return float(weight) if isinstance(weight, int | float) else None


def stage_after(record: Record) -> int:
    """The stage after a record, from 0."""
    at = record.body.get("at")
    stage = at.get("stage") if isinstance(at, Mapping) else None
    return stage if isinstance(stage, int) else 0


def by_a_person(record: Record) -> bool:
    """Whether a person did it, and neither Perch by itself nor a webhook."""
    return record.actor not in (PERCH.id, "alertmanager") and not record.actor.startswith("webhook:")


def text(body: Mapping[str, Any], *facts: str) -> str:
    """The first of these facts that is a text with something in it, or ""."""
    return next((body[fact] for fact in facts if isinstance(body.get(fact), str) and body[fact]), "")


def lines_of(body: Mapping[str, Any]) -> list[Line]:
    """The conditions that a record carries; what another version wrote differently is left out."""
    check = body.get("check")
    given = (check if isinstance(check, Mapping) else body).get("lines")
    found = []
    for line in given if isinstance(given, list | tuple) else ():
        try:
            found.append(Line.model_validate(line))
        except ValidationError:
            continue
    return found


def moments(records: Iterable[Record]) -> Iterable[list[Record]]:
    """Records that were written together, as one save brings them."""
    return (list(together) for _, together in groupby(records, key=lambda record: record.at))
