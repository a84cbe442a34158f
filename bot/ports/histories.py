"""What was measured for a rollout, read back for those who tell of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from bot.domain.trends import Point


class Histories(Protocol):
    """Raw measurements by metric, oldest first; a metric without any is left out. Raises StoreAway."""

    async def newest(self, rollout: str, metrics: Collection[str], most: int) -> Mapping[str, Sequence[Point]]:
        """The last `most` points of each metric: cheap however long the rollout takes."""
        ...

    async def course(self, rollout: str, metrics: Collection[str], most: int) -> Mapping[str, Sequence[Point]]:
        """From the first to the newest, at most `most` (2 or more) of each metric: highs and lows are kept."""
        ...
