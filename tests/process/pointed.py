"""Perch's ordinary parts with a named point before and after each commit and each outside call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import ClientConnectionError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.notify.slack.client import slack_client
from bot.assembly import all_kinds
from bot.domain.kinds import Kind, Kinds
from bot.engine.pace import Pace
from bot.parts import Parts
from bot.ports import Change, Clock, OutOfReach, StoreAway
from bot.schedule import Schedule
from storage.database import DEADLINE_S, Database, T, Work, open_database
from storage.spool import KillFolder
from tests.process.points import Points

QUICK = Pace(posts_per_s=500, post_burst=500, edits_per_s=500, edit_burst=500)
READS_THE_CLOCK = ("metrics_page", "probe")
"""Sources whose samples carry Perch's own time."""
CALLS: Mapping[str, tuple[str, ...]] = {
    "traffic": ("read", "apply", "rehearse"),
    "kill": ("former", "engage", "engaged", "restore", "rehearse"),
    "source": ("ask", "history"),
    "confirm": ("confirms",),
    "effect": ("begin", "end", "rehearse"),
}


def pointed_parts(points: Points, clock: Clock, quicker: float) -> Parts:
    """All parts. `quicker`: how many times as often as usual the engine is woken."""

    async def database(address: str) -> Database:
        return PointedDatabase(await open_database(address), points)

    @asynccontextmanager
    async def slack(token: str, api_url: str) -> AsyncIterator[AsyncWebClient]:
        async with slack_client(token, api_url) as client:
            yield PointedClient(client, points)

    class QuickSchedule(Schedule):
        def every(self, seconds: float, call: Callable[[], Awaitable[object]]) -> None:
            super().every(seconds / quicker, call)

    return Parts(
        kinds=lambda: pointed_kinds(all_kinds(), points, clock),
        database=database,
        files=lambda folder: PointedFiles(folder, points),
        slack=slack,
        schedule=QuickSchedule,
        pace=QUICK if quicker > 1 else Pace(),
    )


# ---- commits -------------------------------------------------------------------------------------------------------


class PointedDatabase(Database):
    """Passes `before X` when all of X is written but the commit, and `after X` when it is committed."""

    def __init__(self, inner: Database, points: Points) -> None:
        self._inner = inner
        self._points = points

    def __getattribute__(self, name: str) -> Any:
        if name in ("_inner", "_points", "write", "__class__"):
            return object.__getattribute__(self, name)
        return getattr(self._inner, name)

    @property
    def shown(self) -> str:
        return self._inner.shown

    def insert_new(self, table: Table) -> Any:
        return self._inner.insert_new(table)

    async def write(self, work: Work[T], *, within_s: float = DEADLINE_S, urgent: bool = False) -> T:
        name = f"commit {_meaning(work)}"

        async def pointed(connection: AsyncConnection) -> T:
            result = await work(connection)
            await self._points.at(f"before {name}", StoreAway)
            return result

        result = await self._inner.write(pointed, within_s=within_s, urgent=urgent)
        await self._points.at(f"after {name}", StoreAway)
        return result


def _meaning(work: Any) -> str:
    """`save promoted+shifting`, `outbox.said`: from whose function it is, and what it is about to keep."""
    code = getattr(work, "__code__", None)
    if code is None:
        return str(getattr(work, "__qualname__", work))
    whose = [part for part in code.co_qualname.split(".") if not part.startswith("<")]
    kept = dict(zip(code.co_freevars, (cell.cell_contents for cell in work.__closure__ or ()), strict=True))
    name = ".".join(whose[-2:] if whose[-1] != "work" else whose[-3:-1]).removeprefix("Sql")
    change, values, row = kept.get("change"), kept.get("values"), kept.get("row")
    if isinstance(change, Change):
        name += f" {_told(change)}"
    if isinstance(values, dict) and "state" in values:
        name += f" {values['state']}"
    if isinstance(row, dict) and "request" in row:
        name += f" {json.loads(row['request'])['verb']}"
    return name


def _told(change: Change) -> str:
    """The kinds of its records, and at which weight: `promoted+intended at 1%`."""
    if not change.evidence:
        return "nothing new"
    places = [entry.body.get("at") for entry in change.evidence]
    where = next((place for place in reversed(places) if isinstance(place, Mapping)), {})
    return "+".join(entry.kind for entry in change.evidence) + f" at {where.get('weight', 0):g}%"


# ---- outside calls -------------------------------------------------------------------------------------------------


class PointedClient(AsyncWebClient):
    """Slack's Web API, with the point named by the method."""

    def __init__(self, inner: AsyncWebClient, points: Points) -> None:
        super().__init__(
            token=inner.token, base_url=inner.base_url, session=inner.session, retry_handlers=[], logger=inner._logger
        )
        self._points = points

    async def api_call(self, api_method: str, **options: Any) -> Any:
        async with self._points.around(f"slack {api_method}{_mark(options)}", ClientConnectionError):
            return await super().api_call(api_method, **options)


def _mark(options: Mapping[str, Any]) -> str:
    """What a post is about, without ids: `status`, `gate`."""
    payload = options.get("json") or options.get("params") or {}
    metadata = payload.get("metadata") or {}
    mark = metadata.get("event_payload", {}).get("mark", "") if isinstance(metadata, dict) else ""
    return "".join(f" {part}" for part in mark.split(":") if part.replace("_", "").isalpha())


def pointed_kinds(kinds: Kinds, points: Points, clock: Clock) -> Kinds:
    """All kinds, building adapters whose calls pass points."""

    def wrapped(role: str, of: Mapping[str, Kind[Any]]) -> dict[str, Kind[Any]]:
        return {name: replace(kind, build=_builder(role, name, kind, points, clock)) for name, kind in of.items()}

    return Kinds(
        sources=wrapped("source", kinds.sources),
        traffic=wrapped("traffic", kinds.traffic),
        kill=wrapped("kill", kinds.kill),
        confirm=wrapped("confirm", kinds.confirm),
        tasks=kinds.tasks,
        effects=wrapped("effect", kinds.effects),
    )


def _builder(role: str, name: str, kind: Kind[Any], points: Points, clock: Clock) -> Callable[[Any, Any], Any]:
    def build(options: Any, environment: Any) -> Any:
        more = (clock,) if name in READS_THE_CLOCK else ()
        make: Any = kind.build
        return PointedAdapter(role, make(options, environment, *more), points)

    return build


class PointedAdapter:
    """Any adapter: the calls of its role pass points, the rest is the adapter's own."""

    def __init__(self, role: str, inner: Any, points: Points) -> None:
        self._role, self._inner, self._points = role, inner, points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in CALLS[self._role]:
            return found

        async def call(*given: Any) -> Any:
            weight = f" {given[0]}" if name in ("apply", "confirms") else ""
            async with self._points.around(f"{self._role}.{name}{weight}", OutOfReach):
                return await found(*given)

        return call


class PointedFiles:
    """Kill cards and the spool: each durable write passes points, in the thread that does it."""

    WRITES = ("keep_card", "drop_card", "begin", "outcome", "merged")

    def __init__(self, folder: Path, points: Points) -> None:
        self._inner = KillFolder(folder)
        self._points = points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self.WRITES:
            return found

        def call(*given: Any) -> Any:
            with self._points.around_blocking(f"files.{name}", StoreAway):
                return found(*given)

        return call
