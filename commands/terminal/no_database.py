"""What stands in for the database while it's away, so that down stays open (law 2)."""

from __future__ import annotations

from bot.ports import StoreAway
from storage.database import DEADLINE_S, Database, T, Work


class NoDatabase(Database):
    """Every question and every commit raises StoreAway, at once, with the reason."""

    def __init__(self, why: str) -> None:
        self.why = why
        self.me = ""

    @property
    def shown(self) -> str:
        return "no database"

    @property
    def one_machine(self) -> bool:
        return True

    async def write(self, work: Work[T], *, within_s: float = DEADLINE_S, urgent: bool = False) -> T:
        raise StoreAway(self.why)

    async def read(self, work: Work[T], *, within_s: float = DEADLINE_S) -> T:
        raise StoreAway(self.why)

    async def aclose(self) -> None:
        """There's nothing to let go of."""
