"""A switch that makes fakes of the store fail."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports import StoreAway


@dataclass
class Outage:
    """A switch shared by fakes: while `away` is set, each of them raises StoreAway."""

    away: str = ""

    def check(self) -> None:
        if self.away:
            raise StoreAway(self.away)
