"""PostgreSQL as the store: one clear line when it can't, deadlines that hold, commits that last (laws 2, 5 and 9)."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import Change, Delivery, StoreAway
from storage import postgres
from storage.database import Database, open_database, open_existing
from storage.inbox import SqlInbox
from storage.rollouts import SqlRollouts
from tests.process.cable import Cable
from tests.storage.broken_off import cancelled_midway, marks_kept
from tests.storage.conftest import within_what_is_promised
from tests.storage.samples import NOW, TREE, Hands, a_rollout, an_entry
from tests.waiting import HANGS_S, LOOK_EVERY_S

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(postgres_database: str) -> AsyncIterator[Database]:
    opened = await open_database(postgres_database)
    yield opened
    await opened.aclose()


@asynccontextmanager
async def somebody_else(address: str) -> AsyncIterator[asyncpg.Connection]:
    """Another program's connection, or an administrator's."""
    connection = await asyncpg.connect(address)
    try:
        yield connection
    finally:
        await connection.close()


async def refusal(address: str) -> str:
    with pytest.raises(StoreAway) as refused:
        await (await open_database(address)).aclose()
    said = str(refused.value)
    assert "\n" not in said
    assert "hunter2" not in said
    return said


def with_password(address: str) -> str:
    return address.replace("perch@", "perch:hunter2@")


async def test_an_address_where_nobody_listens_says_what_to_do() -> None:
    said = await refusal("postgresql://perch:hunter2@127.0.0.1:1/perch")
    assert said.startswith("postgresql://127.0.0.1:1/perch can't be reached")
    assert said.endswith("start it, or mend DATABASE_URL")


async def test_a_database_or_a_user_that_isnt_there_is_named(postgres_database: str) -> None:
    server, _, _ = with_password(postgres_database).rpartition("/")
    assert "isn't there; make it with createdb" in await refusal(f"{server}/nowhere")
    assert "refuses the user or its password" in await refusal(f"{server}/perch_0".replace("perch:", "nobody:"))


async def test_a_platform_s_short_address_and_its_options_are_understood(postgres_database: str) -> None:
    address = with_password(postgres_database).replace("postgresql://", "postgres://")
    opened = await open_database(f"{address}?sslmode=prefer&application_name=mine")
    assert opened.shown == postgres_database.replace("perch@", "")
    await opened.aclose()


async def test_another_programs_database_is_left_alone(empty_postgres_database: str) -> None:
    async with somebody_else(empty_postgres_database) as other:
        await other.execute("CREATE TABLE recipes (name text)")
    assert "belongs to another program" in await refusal(empty_postgres_database)


async def test_a_user_without_rights_is_told_which(empty_postgres_database: str) -> None:
    async with somebody_else(empty_postgres_database) as other:
        await other.execute("DROP ROLE IF EXISTS guest")
        await other.execute("CREATE ROLE guest LOGIN")
    said = await refusal(empty_postgres_database.replace("perch@", "guest@"))
    assert "grant it all rights on a schema of its own" in said


async def test_looking_tools_make_nothing(empty_postgres_database: str) -> None:
    with pytest.raises(StoreAway, match="perch db upgrade"):
        await open_existing(empty_postgres_database)
    async with somebody_else(empty_postgres_database) as other:
        assert await other.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


async def test_commits_are_durable_and_readers_cannot_write(database: Database) -> None:
    async def setting(connection: AsyncConnection) -> object:
        return await connection.scalar(text("SHOW synchronous_commit"))

    assert await database.write(setting) == "on"
    with pytest.raises(StoreAway, match="is read-only"):
        await database.read(lambda connection: connection.execute(text("DELETE FROM marks")))


async def test_evidence_can_neither_be_changed_nor_removed(database: Database) -> None:
    """Law 9: by a trigger, for whoever has no more rights than Perch."""
    await SqlRollouts(database, Hands()).create(a_rollout(), TREE, Change(evidence=(an_entry(),)))
    for statement in ("UPDATE evidence SET actor = 'me'", "DELETE FROM evidence", "TRUNCATE evidence"):
        with pytest.raises((StoreAway, DBAPIError), match="append-only"):
            await database.write(lambda connection, forged=statement: connection.execute(text(forged)))  # type: ignore[misc]


async def test_a_row_that_another_program_locks_is_away_within_the_deadline_and_back_after(
    database: Database, postgres_database: str
) -> None:
    """Law 2: an inbox that doesn't answer in a second is told as such."""
    inbox = SqlInbox(database, Hands())
    async with somebody_else(postgres_database) as other:
        await other.execute("BEGIN")
        await other.execute("LOCK TABLE inbox")
        async with asyncio.timeout(HANGS_S):
            with within_what_is_promised(), pytest.raises(StoreAway, match="didn't answer within 1 s"):
                await inbox.take(Delivery("click:1", NOW, {}))
        await other.execute("ROLLBACK")
    assert await inbox.take(Delivery("click:2", NOW, {}))
    assert [delivery.key for delivery in await inbox.waiting()] == ["click:2"]


async def test_connections_that_the_server_ends_are_replaced(database: Database, postgres_database: str) -> None:
    """A server that was restarted: the next call finds a new connection."""
    inbox = SqlInbox(database, Hands())
    assert await inbox.take(Delivery("one", NOW, {}))
    async with somebody_else(postgres_database) as other:
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await inbox.take(Delivery("two", NOW, {}))


async def test_a_cable_that_is_pulled_keeps_nobody_longer_than_the_deadline(postgres_database: str) -> None:
    async with Cable(postgres_database) as cable:
        opened = await open_database(cable.address)
        inbox = SqlInbox(opened, Hands())
        cable.hang()
        async with asyncio.timeout(HANGS_S):
            with within_what_is_promised(), pytest.raises(StoreAway, match="didn't answer within 1 s"):
                await inbox.take(Delivery("one", NOW, {}))
        cable.resume()
        assert await inbox.take(Delivery("two", NOW, {}))
        await opened.aclose()


async def test_a_write_that_raises_or_is_cancelled_leaves_nothing(database: Database) -> None:
    await cancelled_midway(database)
    assert await marks_kept(database) == 0


SILENT = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND state = 'active' AND wait_event = 'ClientRead'"
)


@asynccontextmanager
async def frozen_in_the_middle(address: str, statement: str) -> AsyncIterator[asyncio.StreamReader]:
    """A Perch that has executed a statement, and fell silent after it had begun the next; in the server's own words:
    https://www.postgresql.org/docs/current/protocol-message-formats.html"""
    at = urlsplit(address)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    who = f"user\0{at.username}\0database\0{at.path[1:]}\0application_name\0perch\0\0".encode()
    writer.write(struct.pack("!ii", len(who) + 8, 3 << 16) + who)
    for kind, words in (
        (b"Q", b"BEGIN\0"),
        (b"Q", statement.encode() + b"\0"),
        (b"P", b"\0SELECT 1\0\0\0"),
        (b"H", b""),
    ):
        writer.write(kind + struct.pack("!i", len(words) + 4) + words)
    parsed = b"1" + struct.pack("!i", 4)
    await reader.readuntil(parsed)
    try:
        yield reader
    finally:
        writer.close()


async def test_a_process_that_fell_silent_within_a_statement_keeps_no_row_from_the_others(
    database: Database, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 6, U8: paused there, it is neither idle in its transaction nor over its time, as the server sees it."""
    rollouts = SqlRollouts(database, Hands())
    await rollouts.create(a_rollout(), TREE, Change((an_entry(),)))
    monkeypatch.setattr(postgres, "FROZEN_S", 0.0)
    async with (
        frozen_in_the_middle(postgres_database, "UPDATE rollouts SET lease_owner = NULL") as reader,
        somebody_else(postgres_database) as other,
        asyncio.timeout(HANGS_S),
    ):
        while not await other.fetchval(SILENT):
            await asyncio.sleep(LOOK_EVERY_S)
        claimed = await rollouts.claim(NOW, "another", 30, 10)
        assert b"terminating connection" in await reader.read()
        # The server ends it in its own time: the rows may have come free after the first look.
        assert len(claimed or await rollouts.claim(NOW, "another", 30, 10)) == 1
