"""Migrations lead to the tables that the code names, once, whoever comes first."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 - fills the metadata that is compared
from storage.database import open_database
from storage.schema import CURRENT

pytestmark = pytest.mark.anyio


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))


async def test_the_migrated_tables_are_the_tables_of_the_code(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/perch.db")
    try:
        assert await database.read(lambda connection: connection.run_sync(differences)) == []
    finally:
        await database.aclose()


async def test_the_newest_migration_is_the_one_that_a_start_looks_for() -> None:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [CURRENT]


async def test_several_first_starts_at_once_migrate_once(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/perch.db"
    for database in await asyncio.gather(*(open_database(address) for _ in range(4))):
        await database.aclose()
    with sqlite3.connect(tmp_path / "perch.db") as plain:
        assert plain.execute("SELECT version_num FROM alembic_version").fetchall() == [(CURRENT,)]
    plain.close()
