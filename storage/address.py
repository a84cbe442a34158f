"""What DATABASE_URL says: which kind of database, and where. A password in it is never repeated."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.ports import StoreAway
from storage.dialect import Dialect
from storage.sqlite import Sqlite

_POSTGRES = ("postgresql", "postgres")
"""Platforms that hand out an address write either."""


def dialect_of(address: str) -> Dialect:
    """The database that an address names. Raises StoreAway for one that can't serve."""
    url = _read(address)
    if url.get_backend_name() in _POSTGRES:
        # Here, so that a start over SQLite, and a kill from a shell, don't wait for its driver.
        from storage.postgres import Postgres

        return Postgres(url)
    return Sqlite(database_file(address))


def is_a_file(address: str) -> bool:
    """Whether the address names a SQLite file. Raises StoreAway for one that can't be read."""
    return _read(address).get_backend_name() == "sqlite"


def database_file(address: str) -> Path:
    """The file that a `sqlite:///…` address names. Raises StoreAway for any other."""
    url = _read(address)
    if url.get_backend_name() != "sqlite":
        raise StoreAway(
            f"DATABASE_URL names {url.get_backend_name()}, which can't serve here; "
            "use sqlite:///perch.db, or postgresql://USER@HOST/perch for several processes"
        )
    if not url.database or url.database == ":memory:":
        raise StoreAway("DATABASE_URL must name a file, as in sqlite:///perch.db: rollouts have to outlive the process")
    return Path(url.database)


def _read(address: str) -> URL:
    try:
        return make_url(address)
    except (ArgumentError, ValueError):
        raise StoreAway(
            "DATABASE_URL can't be read as an address; write it as sqlite:///perch.db or postgresql://USER@HOST/perch"
        ) from None
