"""What only one process may do at a time, and what happens to one that does it no longer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class NotOurs(Exception):
    """Another process has taken this over: nothing was kept, and whoever has it goes on with it."""


class Taken(StrEnum):
    """What came of asking for a lease. Only NO is false."""

    NO = ""
    NEW = "new"
    """Nobody held it."""
    KEPT = "kept"
    """It was ours, and is for longer now."""
    OVER = "over"
    """Another process held it, and let it lapse: that one may be dead, or paused in the middle of it."""


class Leases(Protocol):
    """Named leases, shared by all processes. Raises StoreAway.

    A lease tells who begins; it stops nobody who was paused and wakes up. What rests on one is fenced besides.
    """

    async def take(self, name: str, now: datetime, lease_s: float) -> Taken:
        """Take a lease for so many seconds, or make it longer."""
        ...
