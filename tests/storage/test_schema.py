"""Migrations lead to the tables that the code names, once, whoever comes first, and from each released schema."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 - fills the metadata that is compared
from bot.assembly import all_kinds, recounts
from bot.domain.record.summary import Wanted
from bot.engine.ledger import Ledger
from bot.ports import Delivery
from storage.address import dialect_of
from storage.database import Database, open_database
from storage.inbox import SqlInbox
from storage.keepings import SqlKeepings
from storage.outbox import SqlOutbox
from storage.plans import PlanFolder
from storage.rollouts import SqlRollouts
from storage.schema import CURRENT
from storage.sqlite import Sqlite
from storage.verifying import verify_all
from tests.storage.samples import NOW, Hands, seconds

pytestmark = pytest.mark.anyio

RELEASED = sorted((Path(__file__).parents[1] / "data/released").glob("*/database.sql"))
FIRST = "0001"


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", "storage:migrations")
    made.set_main_option("path_separator", "os")
    return made


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[Database]:
    database = await open_database(address)
    try:
        yield database
    finally:
        await database.aclose()


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))


async def test_the_migrated_tables_are_the_tables_of_the_code(database_address: str) -> None:
    async with opened(database_address) as database:
        assert await database.read(lambda connection: connection.run_sync(differences)) == []


async def test_the_newest_migration_is_the_one_that_a_start_looks_for() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [CURRENT]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    on_postgres = request.param == "postgresql"
    address: str = (
        request.getfixturevalue("empty_postgres_database") if on_postgres else f"sqlite:///{tmp_path / 'perch.db'}"
    )
    return address


async def test_several_first_starts_at_once_migrate_once(empty_address: str) -> None:
    databases = await asyncio.gather(*(open_database(empty_address) for _ in range(4)))
    found = await databases[0].read(
        lambda connection: connection.scalars(text("SELECT version_num FROM alembic_version"))
    )
    assert list(found) == [CURRENT]
    for database in databases:
        await database.aclose()


async def test_a_first_start_waits_for_another_that_is_about_to_write_the_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U8: SQLite itself waits for no lock when it turns a file into one with a write-ahead log."""
    file, refused, busy = tmp_path / "perch.db", list[bool](), Sqlite.busy
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def told(dialect: Sqlite, fault: DBAPIError) -> bool:
            if not refused:
                other.execute("COMMIT")
            refused.append(busy(dialect, fault))
            return refused[-1]

        monkeypatch.setattr(Sqlite, "busy", told)
        async with opened(f"sqlite:///{file}"):
            assert refused[0]


@pytest.mark.parametrize("dump", RELEASED, ids=lambda dump: dump.parent.name)
async def test_a_released_database_moved_to_postgresql_goes_on_from_there(
    dump: Path, tmp_path: Path, empty_postgres_database: str
) -> None:
    """U8: its rows under the first schema, brought up to date by this version: nothing is lost, every chain verifies.

    No release ran on PostgreSQL; this is what somebody has who moves their rows over, and what a later version finds.
    """
    tables = _released_rows(dump, tmp_path / "released.db")
    await _first_schema_with(empty_postgres_database, tables)
    async with opened(empty_postgres_database) as database:
        rollouts, now = SqlRollouts(database, Hands()), datetime.now(UTC)
        assert len(await rollouts.latest(limit=99)) == len(tables["rollouts"])
        assert await verify_all(database) == []
        assert await SqlKeepings(database, Hands()).ended(9) == [], "nobody is mailed about what ended long ago"
        assert len(await rollouts.claim(now, "me/1", 30, 99)) > 0
        assert len(await SqlOutbox(database).due(now, 99)) > 0
        inbox = SqlInbox(database, Hands(NOW + seconds(60)))
        waiting = {row["key"] for row in tables["inbox"] if row["done_at"] is None}
        assert {delivery.key for delivery in await inbox.waiting()} == waiting
        assert await inbox.take(Delivery("new", NOW, {}))


@pytest.mark.parametrize("dump", RELEASED, ids=lambda dump: dump.parent.name)
async def test_what_ended_before_there_were_summaries_is_summed_up_when_it_is_first_asked_for(
    dump: Path, tmp_path: Path
) -> None:
    """U8: an older database answers about its past, from the records that it has."""
    file = tmp_path / "released.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    async with opened(f"sqlite:///{file}") as database:
        rollouts = SqlRollouts(database, Hands())
        ended = [each for each in await rollouts.latest(limit=99) if not each.live]
        past = recounts(database, Ledger(rollouts, PlanFolder(tmp_path, all_kinds()), Hands()))
        assert await past.lacking() == len(ended)
        found = await past.recount(Wanted())
        assert {each.rollout: each.state for each in found.ended} == {each.id: each.state for each in ended}
        assert any(each.whole and each.spent_s for each in found.ended)
        assert (await past.lacking(), found.pending) == (0, 0)


def _released_rows(dump: Path, file: Path) -> dict[str, Sequence[dict[str, Any]]]:
    """All rows of a release's dump, as values, in an order in which they may be inserted."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(dump.read_text())
    engine = create_engine(f"sqlite:///{file}")
    try:
        metadata = MetaData()
        metadata.reflect(engine)
        with engine.connect() as connection:
            return {
                table.name: [_aware(row._asdict()) for row in connection.execute(select(table))]
                for table in metadata.sorted_tables
                if table.name != "alembic_version"
            }
    finally:
        engine.dispose()


def _aware(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for name, value in row.items()}


async def _first_schema_with(address: str, tables: dict[str, Sequence[dict[str, Any]]]) -> None:
    def fill(connection: Connection) -> None:
        first = config()
        first.attributes["connection"] = connection
        command.upgrade(first, FIRST)
        metadata = MetaData()
        metadata.reflect(connection)
        for name, rows in tables.items():
            if rows:
                connection.execute(insert(metadata.tables[name]), rows)

    database = Database(dialect_of(address))
    try:
        await database.write(lambda connection: connection.run_sync(fill), within_s=30)
    finally:
        await database.aclose()
