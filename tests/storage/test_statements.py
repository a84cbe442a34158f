"""A statement is put into the database's words once in a process, for every engine of its kind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import Dialect

from storage import statements
from storage.database import open_database
from storage.freezes import SqlFreezes
from storage.statements import STATEMENTS, Statements
from tests.sqlite import sqlite_in

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def dialect(name: str) -> Dialect:
    """A new one, as each engine has its own."""
    return make_url(f"{name}://").get_dialect()()


async def test_a_second_database_needs_no_statement_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its reader nor its writer."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        database = await open_database(sqlite_in(tmp_path / name))
        try:
            await SqlFreezes(database, lambda: NOW).open()
        finally:
            await database.aclose()
        made = len(STATEMENTS)
        monkeypatch.setattr(Statements, "__setitem__", _never)
    assert made


def test_each_kind_of_database_has_words_of_its_own() -> None:
    kept = Statements()
    kept[(dialect("sqlite+aiosqlite"), "select")] = "for SQLite"
    assert kept.get((dialect("sqlite+aiosqlite"), "select")) == "for SQLite"
    assert kept.get((dialect("postgresql+asyncpg"), "select")) is None


def test_what_is_kept_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MOST", 3)
    kept = Statements()
    for number in range(10):
        kept[(dialect("sqlite+aiosqlite"), number)] = number
    assert len(kept) <= 3
    assert kept[(dialect("sqlite+aiosqlite"), 9)] == 9


def _never(kept: Statements, key: object, compiled: object) -> None:
    raise AssertionError(f"made again: {compiled}")
