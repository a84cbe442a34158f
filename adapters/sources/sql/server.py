"""A database server, through SQLAlchemy and an async driver: PostgreSQL, or another by an account that only reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.http import NotInTime
from adapters.sources.sql.asks import Ask, escaped
from adapters.sources.sql.faults import translated
from adapters.sources.sql.rows import MOST_ROWS

Answered = tuple[Sequence[str], Sequence[Sequence[Any]]]

_READING = {"application_name": "perch", "timezone": "UTC", "default_transaction_read_only": "on"}


class Server:
    """One database. Each query is a transaction of its own that only reads, and is rolled back."""

    def __init__(self, url: URL, deadline_s: float, at_once: int) -> None:
        self.shown = f"{url.get_backend_name()}://{url.host or 'localhost'}/{url.database or ''}"
        self._deadline_s = deadline_s
        self._postgres = url.get_backend_name() in ("postgresql", "postgres")
        self._engine = _postgres(url, deadline_s, at_once) if self._postgres else _other(url, deadline_s, at_once)
        self._leaving: set[asyncio.Task[Answered]] = set()

    async def rows(self, ask: Ask, query: str, values: Mapping[str, Any]) -> Answered:
        """The columns and the first rows of the answer. Raises OutsideFault.

        The query runs in a task of its own: letting go of a connection that hangs takes the driver seconds, for which
        nobody waits.
        """
        asking = asyncio.create_task(self._read(query, values))
        try:
            async with asyncio.timeout(self._deadline_s):
                return await asyncio.shield(asking)
        except TimeoutError as error:
            raise NotInTime(f"{self.shown} didn't answer within {self._deadline_s:g} s") from error
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise translated(error, self.shown) from error
        finally:
            self._leave(asking)

    def _leave(self, asking: asyncio.Task[Answered]) -> None:
        if asking.done():
            return
        asking.cancel()
        self._leaving.add(asking)
        asking.add_done_callback(_heard)
        asking.add_done_callback(self._leaving.discard)

    async def _read(self, query: str, values: Mapping[str, Any]) -> Answered:
        bound = [bindparam(name, type_=DateTime(timezone=True)) for name in values if _is_time(values[name])]
        statement = text(escaped(query)).bindparams(*bound)
        async with self._engine.connect() as connection:
            result = await connection.stream(statement, dict(values))
            return list(result.keys()), [tuple(row) for row in await result.fetchmany(MOST_ROWS + 1)]

    async def aclose(self) -> None:
        """Let go of all connections, those that hang included."""
        for asking in tuple(self._leaving):
            await asyncio.wait({asking}, timeout=self._deadline_s)
        await self._engine.dispose()


def _heard(asking: asyncio.Task[Answered]) -> None:
    """Nobody waits for it any more, so what it raised is nobody's news."""
    if not asking.cancelled():
        asking.exception()


def _is_time(value: Any) -> bool:
    return isinstance(value, datetime)


def _postgres(url: URL, deadline_s: float, at_once: int) -> AsyncEngine:
    """Read-only three times over: by the session's default, by each transaction, and stopped by the server itself."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connecting(url, deadline_s),
        isolation_level="REPEATABLE READ",
        **_pool(deadline_s, at_once),
    )
    return engine.execution_options(postgresql_readonly=True)


def _connecting(url: URL, deadline_s: float) -> Callable[[], Coroutine[Any, Any, Any]]:
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {**_READING, "statement_timeout": f"{round(deadline_s * 1000)}ms"}

    async def connect() -> Any:
        return await asyncpg.connect(dsn, timeout=deadline_s, command_timeout=deadline_s, server_settings=settings)

    return connect


def _other(url: URL, deadline_s: float, at_once: int) -> AsyncEngine:
    return create_async_engine(url, **_pool(deadline_s, at_once))


def _pool(deadline_s: float, at_once: int) -> dict[str, Any]:
    return {
        "pool_size": at_once,
        "max_overflow": 0,
        "pool_timeout": deadline_s,
        "pool_recycle": 300,
        "hide_parameters": True,
    }
