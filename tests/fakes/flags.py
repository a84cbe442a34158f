"""Flags in memory, meeting the same contract as those in a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.flags import Flag, Routing, Variant
from bot.domain.units import Weight
from bot.ports import Counts, StoreAway


@dataclass
class MemoryFlags:
    """`away` makes every call fail as a store does that is gone."""

    flags: dict[str, Flag] = field(default_factory=dict)
    decisions: list[tuple[datetime, str, Variant, int]] = field(default_factory=list)
    away: bool = False

    async def get(self, key: str) -> Flag | None:
        self._asked()
        return self.flags.get(key)

    async def all(self) -> Sequence[Flag]:
        self._asked()
        return [self.flags[key] for key in sorted(self.flags)]

    async def set_weight(self, routing: Routing, weight: Weight) -> None:
        self._set(Flag(routing=routing), weight=weight, routing=routing, defined=True)

    async def set_mirror(self, routing: Routing, mirror: Weight) -> None:
        self._set(Flag(routing=routing), mirror=mirror)

    async def switch(self, key: str, *, off: bool) -> None:
        self._set(Flag(routing=Routing(key=key), defined=False), off=off)

    async def count(self, counts: Counts, at: datetime) -> None:
        self._asked()
        self.decisions += [(at, key, variant, number) for (key, variant), number in counts.items()]

    async def counted(self, key: str, since: datetime, until: datetime) -> Mapping[Variant, int]:
        self._asked()
        inside = [each for each in self.decisions if each[1] == key and since <= each[0] <= until]
        return {variant: sum(each[3] for each in inside if each[2] is variant) for variant in Variant}

    def _set(self, new: Flag, **changes: Any) -> None:
        self._asked()
        key = new.routing.key
        self.flags[key] = self.flags.get(key, new).model_copy(update=changes)

    def _asked(self) -> None:
        if self.away:
            raise StoreAway("the fake store is away")
