"""The schema's version: brought up to date when Perch starts, under the write lock, so that migrations run once.

Alembic is imported only when there is something to do: a start over a current database doesn't pay for it.
"""

from __future__ import annotations

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import StoreAway

CURRENT = "0002"
"""The newest revision in `migrations/versions`."""

_VERSION = table("alembic_version", column("version_num"))


async def upgrade(connection: AsyncConnection) -> None:
    """Make or upgrade the tables. Raises StoreAway for a database that isn't Perch's, or is a newer Perch's."""
    if await connection.run_sync(_version) != CURRENT:
        await connection.run_sync(_migrate)


async def require_current(connection: AsyncConnection) -> None:
    """Raises StoreAway unless the schema is this version's."""
    version = await connection.run_sync(_version)
    if version != CURRENT:
        raise StoreAway("the database's schema is not this version's; bring it up to date with perch db upgrade")


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
