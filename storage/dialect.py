"""What one kind of database does in its own way; `sqlite.py` and `postgres.py` beside this are the kinds."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Executable, Insert, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Dialect(Protocol):
    """One database, before and while it is open. Nothing here repeats a password."""

    @property
    def writers(self) -> int:
        """How many may write at once."""
        ...

    @property
    def one_machine(self) -> bool:
        """Whether every process that uses it runs on this machine, and can be asked for by its number."""
        ...

    @property
    def shown(self) -> str:
        """The database in one word, for people."""
        ...

    def look_before_opening(self) -> None:
        """Raises StoreAway, with what to do, for what can be seen without opening it. May block."""
        ...

    def require_made(self) -> None:
        """Raises StoreAway where there is no database yet, and opening it would make one."""
        ...

    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        """The writing engine and the reading one; nothing is opened yet."""
        ...

    def opened(self) -> None:
        """It has been opened and is up to date."""
        ...

    def still_there(self) -> None:
        """Raises StoreAway when what was opened isn't there any more."""
        ...

    async def come_to_rest(self) -> None:
        """After all connections were let go: wait for what is still under way in them."""
        ...

    async def alone(self, connection: AsyncConnection) -> None:
        """Until this transaction ends nobody else changes the schema."""
        ...

    @property
    def end_frozen(self) -> Executable | None:
        """What ends the transactions of processes that stopped in the middle; None where nobody can."""
        ...

    async def shrink(self, connection: AsyncConnection, pages: int) -> int:
        """Give up to so many free pages back to the disk; returns how many."""
        ...

    async def room(self, connection: AsyncConnection) -> tuple[int, int]:
        """How many bytes the database has, and how many of them are free inside it."""
        ...

    def busy(self, fault: DBAPIError) -> bool:
        """A transaction can't begin just now, but trying again may help."""
        ...

    def our_mistake(self, fault: DBAPIError) -> bool:
        """A wrong statement or a broken constraint: a bug of ours, or an answer that the caller expects."""
        ...

    def explain(self, fault: BaseException | None) -> str:
        """One line for people from the driver's error: which database, what's wrong, what to do."""
        ...

    def insert_new(self, table: Table) -> Insert:
        """An insert that leaves out rows whose key is known."""
        ...
