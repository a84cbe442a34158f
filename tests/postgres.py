"""One PostgreSQL for all tests of a worker, and a fresh database in it for each test that asks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import asyncpg

from storage.database import open_database
from tests.servers import Server
from tests.sqlite import sqlite_in


@dataclass
class Cluster:
    """A running server. Databases are copied from one that was migrated once: that takes a tenth of the time."""

    server: Server
    _numbers: count[int] = field(default_factory=count)
    _migrated: str = ""

    def empty(self) -> str:
        """The address of a database without a table."""
        return self._make("template0")

    def migrated(self) -> str:
        """The address of a database with this version's schema, and nothing in it."""
        if not self._migrated:
            address = self.empty()
            asyncio.run(_migrate(address))
            self._migrated = address.rpartition("/")[2]
        return self._make(self._migrated)

    def drop(self, address: str) -> None:
        """Take a database away, whoever is still connected."""
        asyncio.run(self._execute(f"DROP DATABASE {address.rpartition('/')[2]} WITH (FORCE)"))

    def _make(self, template: str) -> str:
        name = f"perch_{next(self._numbers)}"
        asyncio.run(self._execute(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return f"{self.server.url}/{name}"

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(f"{self.server.url}/postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def put_address(folder: Path, address: str) -> None:
    """From now on `address_in(folder)` is this one."""
    (folder / "DATABASE_URL").write_text(address)


def address_in(folder: Path) -> str:
    """The database that belongs to a test's folder: a SQLite file in it, unless an address was put there."""
    put = folder / "DATABASE_URL"
    return put.read_text() if put.exists() else sqlite_in(folder)


async def _migrate(address: str) -> None:
    await (await open_database(address)).aclose()
