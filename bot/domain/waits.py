"""What a rollout may wait for, one by one: as a fact for whoever words it, and in plain words for the record (X1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Wait(StrEnum):
    """Kinds of what is waited for."""

    GATE = "gate"
    NEW_GATE = "new gate"
    APPROVALS = "approvals"
    GROUP = "group"
    TICK = "tick"
    ITEM = "item"
    FRESH_CHECK = "fresh check"
    PASSING_CHECK = "passing check"
    PREFLIGHT = "preflight"
    CONFIRMATION = "confirmation"
    REHEARSAL = "rehearsal"
    FREEZE = "freeze"
    WINDOW = "window"
    BAKE = "bake"
    CLEAN = "clean time"
    READ_BACK = "read-back"
    SETTLING = "settling"
    SAMPLES = "samples"
    CONDITION = "condition"
    END = "end"
    ARTIFACT = "artifact"
    INCIDENT = "incident"
    TASK = "task"
    ACTION = "action"
    UNDOING = "undoing"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that promotion still waits for; `until` is when it will be there, where that can be told.

    `name` is whom or what it concerns, `detail` what was found, `number` how many or how much is lacking.
    """

    about: Wait
    what: str
    until: datetime | None = None
    name: str = ""
    detail: str = ""
    number: float = 0
