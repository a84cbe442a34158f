"""A kill switch that was thrown: by whom, and how each of its methods ended."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, field_validator

from bot.domain.person import Person
from bot.domain.value import Value


class MethodOutcome(Value):
    """How one kill method, or one traffic target, ended."""

    name: str
    tier: int
    applied_at: datetime | None = None
    read_back_at: datetime | None = None
    fault: str = ""
    shown: str = ""
    """What a traffic target literally said when it was read back (E2)."""

    @field_validator("name")
    @classmethod
    def _read_name(cls, value: str) -> str:
        return once(value)


def once(name: str) -> str:
    """A kill method's name. Version 0.1.0 wrote the kind twice where a target's name begins with it."""
    kind, _, rest = name.partition(" ")
    return rest if rest == kind or rest.startswith(f"{kind} ") else name


class Kill(Value):
    """A kill under way or done: who, when, and the three times."""

    by: Person
    reason: str
    asked_at: datetime
    tier: int = 0
    widened_at: datetime | None = None
    """When the present tier was added to the first; each tier has its own time."""
    applied_at: datetime | None = None
    read_back_at: datetime | None = None
    measured_at: datetime | None = None
    not_measured: str = ""
    met: dict[str, float] = Field(default_factory=dict)
    """When each condition of `killed_when` was first seen true, in seconds after the kill was asked for."""
    outcomes: tuple[MethodOutcome, ...] = ()
    lands_by: datetime | None = None
    """Until when a raise that was under way may still land; nobody calls the kill done before."""
