"""What people with the override role overruled, kept with the rollout; from it comes the ledger (X9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.value import Value


class Overruled(Value):
    """One condition that a person overruled, as it stood then: measured and not met, or not measured at all."""

    condition: str
    measured: bool
    value: float | None = None
    unit: str = ""
    threshold: float | None = None
    detail: str = ""


What = Literal["verdict", "bake", "cooldown", "artifacts", "budget"]


class Override(Value):
    """One use of the override role: a verdict, a missing artifact or a used-up error budget overruled, a bake ended
    early, a cooldown not waited for."""

    what: What
    by: str
    at: datetime
    stage: int
    weight: float
    """The weight in percent that it was given at."""
    reason: str
    gate: str = ""
    verdict: str = ""
    overruled: tuple[Overruled, ...] = ()
    fix: str = ""
    """The reference of the fix, where a cooldown was overruled."""
    used_at: datetime | None = None
    """When traffic rose on it; None where its gate closed unused."""
    undone_at: datetime | None = None
    """When that traffic was taken back again, wholly or to an earlier stage."""


class Outcome(StrEnum):
    """Whether who overruled turned out right."""

    RIGHT = "right"
    WRONG = "wrong"
    OPEN = "open"
    UNUSED = "unused"
    CANT_SAY = "cant_say"
    """What happened afterwards doesn't tell."""


def used(overrides: Sequence[Override], gate: str, now: datetime) -> tuple[Override, ...]:
    """Traffic rises on what was overruled for this gate."""
    return tuple(each.model_copy(update={"used_at": now}) if gate and each.gate == gate else each for each in overrides)


def undone(overrides: Sequence[Override], now: datetime) -> tuple[Override, ...]:
    """Traffic that rose on them comes down again: who overruled wasn't right."""
    return tuple(
        each.model_copy(update={"undone_at": now}) if each.used_at and not each.undone_at else each
        for each in overrides
    )
