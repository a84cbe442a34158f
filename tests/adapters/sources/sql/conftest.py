"""The same rows in a SQLite file and in a real PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

import asyncpg
import pytest

from tests.adapters.sources.sql.rows import SCHEMA, TABLES
from tests.postgres import Cluster


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("sql") / "mani fest.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA)
        for table, rows in TABLES.items():
            marks = ", ".join("?" * len(rows[0]))
            spelled = [tuple(f"{v:%Y-%m-%d %H:%M:%S}" if isinstance(v, datetime) else v for v in row) for row in rows]
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", spelled)
        connection.commit()
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    address = postgres_cluster.empty()

    async def fill() -> None:
        connection = await asyncpg.connect(address)
        await connection.execute(SCHEMA)
        for table, rows in TABLES.items():
            plain = [tuple(v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in row) for row in rows]
            await connection.copy_records_to_table(table, records=plain)
        await connection.close()

    asyncio.run(fill())
    yield address
    postgres_cluster.drop(address)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param.replace('postgresql', 'postgres')}_url")
    return found
