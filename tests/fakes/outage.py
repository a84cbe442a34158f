"""Stores that are away: a switch for fakes of them, and a database that nobody reaches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bot.ports import StoreAway
from storage.database import Database


@dataclass
class Outage:
    """A switch shared by fakes: while `away` is set, each of them raises StoreAway."""

    away: str = ""

    def check(self) -> None:
        if self.away:
            raise StoreAway(self.away)


@contextmanager
def no_database() -> Iterator[None]:
    """Meanwhile no read and no write of any database gets through."""

    async def away(*_: object, **__: object) -> None:
        raise StoreAway("the disk is gone")

    with pytest.MonkeyPatch.context() as gone:
        gone.setattr(Database, "read", away)
        gone.setattr(Database, "write", away)
        yield
