"""PostgreSQL's side of the store: connections, deadlines, and its errors in our words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial

import asyncpg
from sqlalchemy import Executable, Insert, Table, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.ports import StoreAway
from storage.statements import ONCE

WRITERS, READERS = 8, 8
"""Connections of one process: sixteen at the most."""

CONNECT_S = 3.0
ANSWER_S = 10.0
"""After this a connection that doesn't answer at all is dropped; the store's own deadlines come before it."""

FROZEN_S = 5.0
"""How long a transaction may wait for a word of its process."""

_SCHEMA_LOCK = 0x7065726368
"""The advisory lock under which the schema is changed ("perch" in ASCII)."""

_SETTINGS = {
    "application_name": "perch",
    "timezone": "UTC",
    # A commit is on the disk before it's acknowledged (laws 4 and 5), whatever the server's default is.
    "synchronous_commit": "on",
    "statement_timeout": "5s",
    "lock_timeout": "4s",
    # A process that is paused, or cut off, in the middle must not keep the others from its rows.
    "idle_in_transaction_session_timeout": f"{FROZEN_S:g}s",
    "tcp_user_timeout": "10s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}

_END_FROZEN = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user AND application_name = 'perch' "
    "AND pid <> pg_backend_pid() AND state = 'active' AND wait_event = 'ClientRead' "
    "AND state_change < clock_timestamp() - make_interval(secs => :seconds)"
)

_FAULTS = {
    "08": "lost the connection; Perch tries again",
    "28": "refuses the user or its password; mend DATABASE_URL",
    "3D": "isn't there; make it with createdb, or mend DATABASE_URL",
    "42501": "doesn't let Perch's user do that; grant it all rights on a schema of its own",
    "53100": "can't grow: the disk is full; make room",
    "53300": "has no connection left; raise max_connections, or run fewer Perches",
    "25006": "is read-only; name the primary server in DATABASE_URL",
    "57014": "took too long over a statement; look at what else it's doing",
    "55P03": "is locked by another program; stop that program",
    "57P": "is stopping or starting; Perch tries again",
    "XX": "is damaged, or has an error inside; look at the server's log",
}
"""By SQLSTATE, or the beginning of one: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


class Postgres:
    """One database of a PostgreSQL server, shared by equal processes on any machine."""

    writers = WRITERS
    one_machine = False

    def __init__(self, url: URL) -> None:
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        where = url.host or url.query.get("host") or "localhost"
        port = f":{url.port}" if url.port else ""
        self.shown = f"postgresql://{where}{port}/{url.database or ''}"

    def look_before_opening(self) -> None:
        """Nothing can be seen without asking the server."""

    def require_made(self) -> None:
        """A server answers by itself that there is no such database."""

    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        """Readers see one moment (REPEATABLE READ) and can't write."""
        engine = partial(
            create_async_engine,
            "postgresql+asyncpg://",
            max_overflow=0,
            pool_pre_ping=True,
            execution_options=ONCE,
        )
        writer = engine(async_creator=self._writing, pool_size=WRITERS, isolation_level="READ COMMITTED")
        reader = engine(async_creator=self._reading, pool_size=READERS, isolation_level="REPEATABLE READ")
        return writer, reader

    def opened(self) -> None:
        """Nothing to remember: a server's database can't be swapped under an open connection."""

    def still_there(self) -> None:
        """The server says so itself, at the next statement."""

    async def come_to_rest(self) -> None:
        """Its driver has no threads."""

    async def alone(self, connection: AsyncConnection) -> None:
        """Of several processes that start together one changes the schema, and the others wait and find it done."""
        await connection.execute(text("SET LOCAL statement_timeout = '60s'"))
        await connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})

    @property
    def end_frozen(self) -> Executable:
        """The server itself ends a transaction whose process is silent between two statements; not one that fell silent
        within a statement, prepared and not yet executed. Its rows would stay locked until the process wakes."""
        return _END_FROZEN.bindparams(seconds=FROZEN_S)

    async def shrink(self, connection: AsyncConnection, pages: int) -> int:
        """The server's own autovacuum makes room for what comes."""
        return 0

    async def room(self, connection: AsyncConnection) -> tuple[int, int]:
        """Bytes of the whole database; what is free inside is the server's affair."""
        size = (await connection.execute(text("SELECT pg_database_size(current_database())"))).scalar_one()
        return int(size), 0

    def busy(self, fault: DBAPIError) -> bool:
        """Transactions begin without a lock."""
        return False

    def our_mistake(self, fault: DBAPIError) -> bool:
        """Missing rights are the server's; other wrong statements and broken constraints are ours."""
        return isinstance(fault, IntegrityError | ProgrammingError) and _state(fault.orig) != "42501"

    def explain(self, fault: BaseException | None) -> str:
        """One line for people. A driver's own text is cut to its first line."""
        state = _state(fault)
        for beginning, what in _FAULTS.items():
            if state.startswith(beginning):
                return f"{self.shown} {what}"
        if isinstance(fault, OSError | TimeoutError | asyncpg.InterfaceError):
            return f"{self.shown} can't be reached ({_first_line(fault)}); start it, or mend DATABASE_URL"
        return f"{self.shown} can't be used: {_first_line(fault)}"

    def insert_new(self, table: Table) -> Insert:
        """An insert that leaves out rows whose key is known."""
        return _insert_new(table)

    async def _writing(self) -> asyncpg.Connection:
        return await self._connect(_SETTINGS)

    async def _reading(self) -> asyncpg.Connection:
        return await self._connect({**_SETTINGS, "default_transaction_read_only": "on"})

    async def _connect(self, settings: Mapping[str, str]) -> asyncpg.Connection:
        """Raises StoreAway: the pool passes on what isn't the driver's own."""
        try:
            return await asyncpg.connect(
                self._dsn, timeout=CONNECT_S, command_timeout=ANSWER_S, server_settings=dict(settings)
            )
        except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            raise StoreAway(self.explain(fault)) from fault


@cache
def _insert_new(table: Table) -> Insert:
    return insert(table).on_conflict_do_nothing()


def _state(fault: BaseException | None) -> str:
    """The SQLSTATE of a driver's error, as SQLAlchemy wraps it or as asyncpg raises it; "" for what has none."""
    return str(getattr(fault, "sqlstate", None) or "")


def _first_line(fault: BaseException | None) -> str:
    return (str(fault).strip() or type(fault).__name__).splitlines()[0][:200]
