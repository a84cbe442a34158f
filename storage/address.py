"""What DATABASE_URL says: where the store is, and where the kill path's own files lie beside it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.ports import StoreAway

STATE_FOLDER = ".perch"


def database_file(address: str) -> Path:
    """The file that a `sqlite:///…` address names. Raises StoreAway for any other, without repeating a password."""
    url = _read(address)
    if url.get_backend_name() != "sqlite":
        raise StoreAway(f"DATABASE_URL names {url.get_backend_name()}, which isn't supported; use sqlite:///perch.db")
    if not url.database or url.database == ":memory:":
        raise StoreAway("DATABASE_URL must name a file, as in sqlite:///perch.db: rollouts have to outlive the process")
    return Path(url.database)


def state_folder(address: str, setting: str = "") -> Path:
    """Where kill cards and the spool lie: PERCH_STATE where it is set, else `.perch/` beside the database file."""
    if setting:
        return Path(setting)
    return database_file(address).absolute().parent / STATE_FOLDER


def _read(address: str) -> URL:
    try:
        return make_url(address)
    except ArgumentError:
        raise StoreAway("DATABASE_URL can't be read as an address; write it as sqlite:///perch.db") from None
