"""Where measurements go that nobody looks at daily any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.ports.faults import StoreAway


class ShelfAway(StoreAway):
    """An archive can't be written or read; the database itself answers."""


@dataclass(frozen=True, slots=True)
class Due:
    """A rollout whose measurements are to be archived."""

    id: str
    plan: str
    environment: str
    version: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Archived:
    """One rollout's archive: `rows` measurements in a file with this SHA-256. `emptied`: they are nowhere else."""

    rollout: str
    folder: str
    file: str
    rows: int
    sha256: str
    emptied: bool


class Shelf(Protocol):
    """The archive of measurements (E8). Raises StoreAway; every row is then in the database, the archive, or both."""

    async def due(self, before: datetime) -> Sequence[Due]:
        """Rollouts that ended before that time and have measurements in the database, oldest first."""
        ...

    async def mine(self, now: datetime) -> bool:
        """Whether it is for this process to archive: one at a time, and another when that one is gone."""
        ...

    async def take(self, rollout: Due, now: datetime) -> Archived | None:
        """Archive one rollout, or finish what a crash has left of it; None where there was nothing to archive."""
        ...

    async def shrink(self, pages: int) -> int:
        """Give up to so many free pages back to the disk, in one short commit; returns how many."""
        ...
