"""The schema's version: brought up to date when Perch starts, under the write lock, so that migrations run once.

Alembic is imported only when there is something to do: a start over a current database doesn't pay for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import StoreAway

CURRENT = "0010"
"""The newest revision in `migrations/versions`."""

_VERSION = table("alembic_version", column("version_num"))
_ALEMBIC = threading.Lock()
"""Alembic keeps what it works on in the process: one database at a time is brought up to date."""


async def upgrade(connection: AsyncConnection) -> None:
    """Make or upgrade the tables. Raises StoreAway for a database that isn't Perch's, or is a newer Perch's."""
    if await connection.run_sync(_version) != CURRENT:
        async with _alembic():
            await connection.run_sync(_migrate)


async def require_current(connection: AsyncConnection) -> None:
    """Raises StoreAway unless the schema is this version's."""
    version = await connection.run_sync(_version)
    if version != CURRENT:
        raise StoreAway("the database's schema is not this version's; bring it up to date with perch db upgrade")


@asynccontextmanager
async def _alembic() -> AsyncIterator[None]:
    """Wait for Alembic, on whatever loop or thread; blocking would stop the very loop that the other one runs on."""
    while not _ALEMBIC.acquire(blocking=False):  # noqa: ASYNC110 - its holder may be on another loop
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        _ALEMBIC.release()


def _version(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return connection.execute(select(_VERSION.c.version_num)).scalar()
    if tables:
        raise StoreAway("the database belongs to another program; set DATABASE_URL to a place of Perch's own")
    return None


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as fault:
        raise StoreAway("the database was written by a newer Perch; start that one, or restore a backup") from fault
