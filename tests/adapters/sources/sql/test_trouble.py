"""M3: queries without end, databases that are locked, gone, replaced or refuse, and options that can't be."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.sources.sql.asks import Ask
from adapters.sources.sql.source import KIND, SqlOptions
from bot.domain.kinds import MissingEnvironment
from bot.domain.measurements import Missing
from bot.ports import Question
from tests.adapters.sources.answers import why
from tests.adapters.sources.sql.asking import asked, number, sql
from tests.adapters.sources.sql.rows import NOW
from tests.postgres import Cluster
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


async def test_a_query_without_end_is_stopped_in_the_database_itself(url: str) -> None:
    """Nothing goes on burning the database's CPU when Perch has stopped waiting."""
    source = sql(url, deadline="1s")
    missing, said = why(await asked(source, ENDLESS))
    assert missing is Missing.TIMEOUT, said


async def test_a_cancelled_query_of_a_file_stops(sqlite_url: str) -> None:
    """Its one thread is free again at once, for the next question."""
    source = sql(sqlite_url, deadline="30s", at_once=1)
    asking = asyncio.create_task(source.ask(Question(Ask(query=ENDLESS)), NOW))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(HANGS_S):
        assert number(await asked(source, "SELECT 7")) == 7


async def test_a_locked_file_is_out_of_reach(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "busy.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("BEGIN EXCLUSIVE")
        missing, said = why(await asked(sql(f"sqlite:///{tmp_path}/busy.db", deadline="100ms"), "SELECT x FROM t"))
    assert (missing, "locked" in said) == (Missing.UNREACHABLE, True), said


async def test_a_file_that_is_no_database_is_garbage(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, but long enough to look at " * 50)
    assert why(await asked(sql(f"sqlite:///{tmp_path}/text.db"), "SELECT 1 FROM t"))[0] is Missing.GARBAGE


async def test_a_file_that_a_new_run_replaces_is_read_anew(tmp_path: Path) -> None:
    source, question = sql(f"sqlite:///{tmp_path}/m.db"), Question(Ask(query="SELECT count(*) FROM t"))
    found = []
    for rows in (1, 5):
        with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
            connection.execute("CREATE TABLE t (x)")
            connection.executemany("INSERT INTO t VALUES (?)", [(1,)] * rows)
            connection.commit()
        (tmp_path / "new.db").replace(tmp_path / "m.db")
        found.append(number(await source.ask(question, NOW)))
    assert found == [1, 5]


async def test_a_server_that_refuses_says_so_without_the_password(postgres_cluster: Cluster) -> None:
    """Law 8."""
    port = postgres_cluster.server.port
    missing, said = why(await asked(sql(f"postgresql://nobody:s3cret-pw@127.0.0.1:{port}/postgres"), "SELECT 1"))
    assert (missing, "s3cret" in said) == (Missing.REFUSED, False), said
    missing, said = why(await asked(sql(f"postgres://perch@127.0.0.1:{port}/no_such"), "SELECT 1"))
    assert (missing, "isn't there" in said) == (Missing.REFUSED, True), said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "by url or by url_env"),
        ({"url": "sqlite:///x.db", "url_env": "X"}, "by url or by url_env"),
        ({"url": "manifest.db"}, "not a database's address"),
        ({"url": "sqlite://"}, "names a file"),
        ({"url": "postgresql+psycopg2://h/db"}, "reached by asyncpg, not by psycopg2"),
        ({"url": "mysql+aiomysql://h/db"}, "can't keep a query from writing to mysql"),
        ({"url": "sqlite:///x.db", "values": {"at": "now"}}, ":at is the time"),
        ({"url": "sqlite:///x.db", "urll": 1}, "Extra inputs"),
    ],
)
def test_options_are_checked_with_a_hint(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SqlOptions.model_validate(options)


def test_the_address_may_stand_in_the_environment(sqlite_url: str) -> None:
    KIND.build(SqlOptions(url_env="REPORTING"), {"REPORTING": sqlite_url})
    with pytest.raises(MissingEnvironment, match="REPORTING"):
        KIND.build(SqlOptions(url_env="REPORTING"), {})
    with pytest.raises(ValidationError, match="not a database's address"):
        KIND.build(SqlOptions(url_env="REPORTING"), {"REPORTING": "nonsense"})
