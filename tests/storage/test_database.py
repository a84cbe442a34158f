"""The store opens with one clear line when it can't, and no call outlasts its deadline (laws 2 and 5)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import Delivery, StoreAway
from storage.database import Database, Work, open_database, open_existing
from storage.inbox import SqlInbox
from storage.rollouts import SqlRollouts
from storage.sqlite import Sqlite
from tests.storage.broken_off import cancelled_midway, marks_kept
from tests.storage.conftest import within_what_is_promised
from tests.storage.samples import NOW, Hands
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "perch.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    opened = await open_database(f"sqlite:///{file}")
    yield opened
    await opened.aclose()


def execute(statement: str, times: int = 1) -> Work[None]:
    async def work(connection: AsyncConnection) -> None:
        for _ in range(times):
            await connection.execute(text(statement))

    return work


async def refusal(address: str) -> str:
    with pytest.raises(StoreAway) as refused:
        await open_database(address)
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def test_a_missing_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    said = await refusal(f"sqlite:///{tmp_path}/none/perch.db")
    assert said == f"the folder {tmp_path}/none doesn't exist; make it, or set DATABASE_URL to another place"


async def test_a_folder_in_the_files_place_is_named(tmp_path: Path) -> None:
    assert "is a folder" in await refusal(f"sqlite:///{tmp_path}")


async def test_a_place_where_no_file_can_be_made_is_named() -> None:
    assert "/proc/perch.db can't be opened" in await refusal("sqlite:////proc/perch.db")


async def test_a_file_that_is_no_database_is_left_alone(file: Path) -> None:
    file.write_text("shopping list\n" * 99)
    assert f"{file} is not a database; set DATABASE_URL to another file" in await refusal(f"sqlite:///{file}")
    assert file.read_text().startswith("shopping list")


async def test_another_programs_database_is_left_alone(file: Path) -> None:
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE recipes (name)")
    other.close()
    assert "belongs to another program" in await refusal(f"sqlite:///{file}")


async def test_a_newer_perchs_database_is_left_alone(file: Path, database: Database) -> None:
    await database.write(execute("UPDATE alembic_version SET version_num = '9999'"))
    assert "was written by a newer Perch" in await refusal(f"sqlite:///{file}")


@pytest.mark.parametrize(
    "address", ["mysql://perch:hunter2@db/perch", "postgresql:hunter2@", "sqlite://", "sqlite:///:memory:", "perch.db"]
)
async def test_an_address_that_cannot_serve_is_refused_without_its_password(address: str) -> None:
    said = await refusal(address)
    assert "sqlite:///perch.db" in said
    assert "hunter2" not in said


async def test_looking_tools_make_no_database(file: Path) -> None:
    with pytest.raises(StoreAway, match="there is no database"):
        await open_existing(f"sqlite:///{file}")
    assert not file.exists()


async def test_commits_are_durable_and_readers_do_not_wait_for_writers(database: Database) -> None:
    async def settings(connection: AsyncConnection) -> list[object]:
        return [
            await connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert await database.write(settings) == ["wal", 2, 1]

    async def read_within(connection: AsyncConnection) -> object:
        await connection.execute(text("INSERT INTO marks VALUES ('a', '2026-01-01')"))
        return await database.read(lambda reader: reader.scalar(text("SELECT count(*) FROM marks")))

    assert await database.write(read_within) == 0


async def test_a_database_that_another_program_locks_is_away_within_the_deadline_and_back_after(
    file: Path, database: Database
) -> None:
    """Law 2: an inbox that doesn't answer in a second is told as such; nothing is kept of what was refused."""
    inbox = SqlInbox(database, Hands())
    locker = sqlite3.connect(file, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(HANGS_S):
        with within_what_is_promised(), pytest.raises(StoreAway, match=r"perch.db didn't answer within 1 s"):
            await inbox.take(Delivery("click:1", NOW, {}))
    locker.execute("ROLLBACK")
    locker.close()
    assert await inbox.take(Delivery("click:2", NOW, {}))
    assert [delivery.key for delivery in await inbox.waiting()] == ["click:2"]


async def test_what_was_refused_is_not_worked_on_even_if_its_commit_came_through(database: Database) -> None:
    """The person was told no: a late commit must not turn that into a yes."""
    inbox = SqlInbox(database, Hands())
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def hang(connection: AsyncConnection) -> None:
        begun.set()
        await let_go.wait()

    async with asyncio.timeout(HANGS_S), asyncio.TaskGroup() as group:
        group.create_task(database.write(hang))
        await begun.wait()
        with within_what_is_promised(), pytest.raises(StoreAway):
            await inbox.take(Delivery("click:1", NOW, {}))
        let_go.set()
    await database.write(
        execute("INSERT OR IGNORE INTO inbox (key, at, request) VALUES ('click:1', '2026-01-01 00:00:00', '{}')")
    )
    assert await inbox.waiting() == []


async def test_a_full_disk_is_told_and_the_store_recovers(database: Database) -> None:
    fill = execute(
        "INSERT INTO inbox (key, at, request) SELECT hex(randomblob(9)), '2026-01-01', hex(randomblob(9999))", 400
    )
    pages = await database.write(lambda connection: connection.scalar(text("PRAGMA page_count")))
    await database.write(execute(f"PRAGMA max_page_count = {pages + 5}"))
    with pytest.raises(StoreAway, match="the disk is full; make room"):
        await database.write(fill)
    await database.write(execute("PRAGMA max_page_count = 1000000"))
    assert await SqlInbox(database, Hands()).take(Delivery("k", NOW, {}))


@pytest.mark.parametrize("fate", ["removed", "replaced"])
async def test_a_file_that_goes_away_under_perch_is_noticed(file: Path, database: Database, fate: str) -> None:
    """SQLite itself would go on writing into the file that nobody can find any more."""
    file.unlink()
    if fate == "replaced":
        file.write_bytes(b"")
    with pytest.raises(StoreAway, match="restart Perch"):
        await SqlRollouts(database, Hands()).live()


async def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text("INSERT INTO marks VALUES ('a', '2026-01-01')"))
        raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        await database.write(work)
    assert await marks_kept(database) == 0


async def test_a_cancelled_write_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    await cancelled_midway(database)
    assert await SqlInbox(database, Hands()).take(Delivery("k", NOW, {}))
    assert await marks_kept(database) == 0


async def test_a_connection_that_no_pool_knows_ends_with_its_store(file: Path) -> None:
    """It was cut off while it was set up; its thread would wait for a word for ever."""
    sqlite = Sqlite(file)
    lost = sqlite._connect()
    await lost
    assert lost.thread.is_alive()
    await sqlite.come_to_rest()
    assert not lost.thread.is_alive()
