"""The source: a SQLite file or a server, asked now or, where a query names `:at`, about an earlier time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from adapters.http import no_data
from adapters.options import Deadline, Options, VariableName
from adapters.sources.sql.asks import AT, Ask, names_in, rollouts_names
from adapters.sources.sql.faults import NothingToDivideBy
from adapters.sources.sql.rows import samples
from adapters.sources.sql.sqlite import SqliteFile
from bot.domain.kinds import Environment, Kind, MissingEnvironment
from bot.domain.measurements import Missing, NoData
from bot.domain.named_values import NAMES
from bot.domain.planning.fields import misread
from bot.domain.planning.shape import nearest
from bot.ports import Answer, OutsideFault, Question, Sample

if TYPE_CHECKING:
    from adapters.sources.sql.server import Server

HISTORY_STEPS = 12
"""A baseline asks so many times: each is a query of its own."""

_DRIVERS = {"postgresql": "asyncpg", "postgres": "asyncpg", "sqlite": "aiosqlite"}
"""Reached by these, and plain addresses of them mean these."""


class SqlOptions(Options):
    """`sources: {manifest: {kind: sql, url: "sqlite:///manifest.db"}}`. `at_once` is how many connections are open.

    The address stands in `url` (with `${NAME}`) or in the environment variable that `url_env` names; `values` are
    further `:names` for queries. `read_only_user` says that the account can't write, for servers other than PostgreSQL.
    """

    url: str | None = None
    url_env: VariableName | None = None
    values: Mapping[str, str | int | float] = Field(default_factory=dict)
    read_only_user: bool = False
    deadline: Deadline = timedelta(seconds=5)
    at_once: int = Field(default=2, ge=1, le=16)
    per_minute: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_address(self) -> SqlOptions:
        if (self.url is None) == (self.url_env is None):
            raise misread("the address is given by url or by url_env", "write url_env: REPORTING_DATABASE_URL")
        if self.url is not None and "${" not in self.url:
            _safe(_address(self.url), read_only_user=self.read_only_user)
        if AT in self.values:
            raise misread(":at is the time that is asked about", "name it otherwise")
        return self


def _address(text: str) -> URL:
    try:
        return make_url(text.strip())
    except (ArgumentError, ValueError):
        raise misread(
            "that is not a database's address", "write sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from None


def _safe(url: URL, *, read_only_user: bool) -> None:
    """Whether Perch can keep this database from being written, or is told that the account can't."""
    name = url.get_backend_name()
    driver = url.drivername.partition("+")[2]
    if name in _DRIVERS:
        if driver and driver != _DRIVERS[name]:
            raise misread(f"{name} is reached by {_DRIVERS[name]}, not by {driver}", f"write {name}://…")
        if name == "sqlite" and url.database in (None, "", ":memory:"):
            raise misread("a SQLite address names a file", "write sqlite:///FILE, or sqlite:////FILE from the root")
    elif not read_only_user:
        what = f"Perch can't keep a query from writing to {name}"
        raise misread(what, "give it an account that only reads, and say read_only_user: true")


class Sql:
    """One database. A query waits for its turn, then has `deadline`."""

    def __init__(self, options: SqlOptions, environment: Environment) -> None:
        text = options.url if options.url is not None else environment.get(options.url_env or "", "")
        if not text:
            raise MissingEnvironment(options.url_env or "url")
        found = SqlOptions.model_validate(options.model_dump() | {"url": text, "url_env": None})
        self._database = _opened(found)
        self._values = options.values
        self._turn = asyncio.Semaphore(options.at_once)
        self._open = True

    async def ask(self, question: Question, at: datetime) -> Answer:
        """Answer as of `at`; a query without `:at` only tells how it is now."""
        ask = _checked(question)
        names = names_in(ask.query)
        known = {**dict(question.values), **self._values, AT: at}
        if lacking := sorted(names - known.keys()):
            return NoData(Missing.NOT_ASKED, f"nothing is known of :{lacking[0]} here", at)
        try:
            async with self._turn:
                if not self._open:
                    return NoData(Missing.NOT_ASKED, "the source was closed", at)
                query = ask.query.replace("$side", question.side)
                columns, rows = await self._database.rows(ask, query, {name: known[name] for name in names})
            return samples(ask, columns, rows, at)
        except NothingToDivideBy as fault:
            return NoData(Missing.NOT_A_NUMBER, str(fault), at)
        except OutsideFault as fault:
            return no_data(fault, at)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """The one series at twelve times, by a query that names `:at`; none for what a time lacks."""
        if AT not in names_in(_checked(question).query):
            return NoData(Missing.NO_BASELINE, "the query only tells how it is now; name :at in it", end)
        found: list[Sample] = []
        for step in range(HISTORY_STEPS):
            answer = await self.ask(question, start + (end - start) * step / (HISTORY_STEPS - 1))
            if isinstance(answer, NoData):
                if answer.missing not in (Missing.EMPTY, Missing.NOT_A_NUMBER):
                    return answer
                continue
            if len(answer) > 1:
                return NoData(Missing.SEVERAL_SERIES, f"{len(answer)} series where one is meant", end)
            found += answer
        return tuple(found)

    async def aclose(self) -> None:
        """Let go of connections."""
        self._open = False
        await self._database.aclose()


def _opened(options: SqlOptions) -> SqliteFile | Server:
    url, deadline_s = _address(options.url or ""), options.deadline.total_seconds()
    if url.get_backend_name() == "sqlite":
        return SqliteFile(url.database or "", deadline_s, options.at_once)
    # Here, so that a start that asks no server doesn't wait for its driver.
    from adapters.sources.sql.server import Server

    return Server(url, deadline_s, options.at_once)


def _checked(question: Question) -> Ask:
    return question.ask if isinstance(question.ask, Ask) else Ask.model_validate(question.ask.model_dump(by_alias=True))


def _disagree(options: SqlOptions, ask: Ask) -> tuple[str, str] | None:
    unknown = sorted(names_in(ask.query) - NAMES - options.values.keys() - {AT})
    if not unknown:
        return None
    near = nearest(unknown[0], sorted(NAMES | {AT}))
    hint = f"did you mean :{near}?" if near else f"give the source values: {{{unknown[0]}: …}}"
    return f"nothing is known of :{unknown[0]}", hint


def _reach(ask: Ask) -> timedelta:
    return timedelta.max if AT in names_in(ask.query) else timedelta(0)


KIND: Kind[Sql] = Kind(options=SqlOptions, build=Sql, ask=Ask, names=rollouts_names, reach=_reach, disagree=_disagree)
