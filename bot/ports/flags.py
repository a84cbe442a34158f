"""The flags that Perch itself answers for: what is in force, and how often each variant was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.flags import Flag, Routing, Variant
from bot.domain.units import Weight

Counts = Mapping[tuple[str, Variant], int]
"""How many decisions, by flag and variant; never by key."""


class Flags(Protocol):
    """One row for each flag. Everything is safe to repeat. Raises StoreAway."""

    async def get(self, key: str) -> Flag | None:
        """A flag as it is in force; None where no rollout has touched it yet."""
        ...

    async def all(self) -> Sequence[Flag]: ...

    async def set_weight(self, routing: Routing, weight: Weight) -> None:
        """From now on the flag is `routing`'s, at this weight. Whether it's off stays."""
        ...

    async def set_mirror(self, routing: Routing, mirror: Weight) -> None:
        """The share that is mirrored. A flag that is new by this is `routing`'s, at 0 %."""
        ...

    async def switch(self, key: str, *, off: bool) -> None:
        """Switch off, or on again. A flag that is new by this is at 0 %, and not `defined`."""
        ...

    async def count(self, counts: Counts, at: datetime) -> None:
        """Add what was decided since the last time."""
        ...

    async def counted(self, key: str, since: datetime, until: datetime) -> Mapping[Variant, int]:
        """What all processes together decided in between, to the nearest few seconds."""
        ...
