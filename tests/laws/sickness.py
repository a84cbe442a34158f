"""A Prometheus of ours that falls sick in every way on the list, before numbers that look real.

One row says what is played, and what a measurement must say of it; `far_side` plays all rows at once, each under its
own path, so that one engine can check a rollout for each.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from bot.domain.measurements import Missing
from tests.far_side import drip, serving

WELL: Mapping[str, float] = {"success": 99.5, "errors": 0.1, "latency": 2.0, "queue": 10.0}
ILL: Mapping[str, float] = {"success": 12.0, "errors": 66.0, "latency": 90.0, "queue": 9000.0}
"""What a canary in flames would say: read through a sick source, none of it is true."""


@dataclass(frozen=True)
class Asked:
    """One query as it came. `value` is what a healthy source would say now, `at` the time that is asked about."""

    request: web.BaseRequest
    metric: str
    side: str
    at: float
    value: float
    released: asyncio.Event


Play = Callable[[Asked], Awaitable[web.StreamResponse]]


def vector(*series: tuple[str, str, float], **more: Any) -> str:
    """`(pod, value, time)` for each series, as the query API answers."""
    result = [{"metric": {"pod": pod} if pod else {}, "value": [at, value]} for pod, value, at in series]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **more})


async def healthy(asked: Asked) -> web.StreamResponse:
    return web.json_response(text=vector(("", str(asked.value), asked.at)))


def says(text: str, status: int = 200, kind: str = "application/json", **headers: str) -> Play:
    async def play(_: Asked) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(text=text, status=status, content_type=kind, headers=named)

    return play


def shows(write: Callable[[Asked], str], **headers: Callable[[], str]) -> Play:
    """A 200 with a body made of what was asked."""

    async def play(asked: Asked) -> web.StreamResponse:
        return web.Response(
            text=write(asked), content_type="application/json", headers={name: said() for name, said in headers.items()}
        )

    return play


def only(metric: str, play: Play) -> Play:
    """Half an answer to a check: this metric alone is sick."""

    async def half(asked: Asked) -> web.StreamResponse:
        return await (play(asked) if asked.metric == metric else healthy(asked))

    return half


def typed(kind: str, write: Callable[[Asked], Any]) -> Play:
    return shows(lambda asked: json.dumps({"status": "success", "data": {"resultType": kind, "result": write(asked)}}))


async def hangs(asked: Asked) -> web.StreamResponse:
    await asked.released.wait()
    return await healthy(asked)


async def drips(asked: Asked) -> web.StreamResponse:
    return await drip(asked.request, asked.released)


async def hangs_up(asked: Asked) -> web.StreamResponse:
    assert asked.request.transport is not None
    asked.request.transport.abort()
    return web.Response()


async def breaks_off(asked: Asked) -> web.StreamResponse:
    """The length is promised, the half is sent."""
    body = vector(("", str(asked.value), asked.at)).encode()
    response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
    await response.prepare(asked.request)
    await response.write(body[: len(body) // 2])
    assert asked.request.transport is not None
    asked.request.transport.abort()
    return response


_HUGE = gzip.compress(b'{"status": "success"' + b" " * 17 * 1024 * 1024)


async def floods(_: Asked) -> web.StreamResponse:
    """Small on the wire, more than sixteen megabytes in memory."""
    return web.Response(body=_HUGE, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


def _date(off: timedelta) -> Callable[[], str]:
    return lambda: format_datetime(datetime.now(UTC) + off, usegmt=True)


def _plain(asked: Asked) -> str:
    return vector(("", str(asked.value), asked.at))


LOGIN = "<!doctype html><title>Sign in</title><form>"


@dataclass(frozen=True)
class Row:
    """A sickness: what is played, and what each measurement says of it. `metric` is the only one that it spoils.

    `speaks` is whether numbers come through, so that they may look good or terrible.
    """

    name: str
    play: Play
    missing: Missing
    detail: str = ""
    metric: str = ""
    speaks: bool = False


def _speaking(name: str, play: Play, missing: Missing, detail: str = "", metric: str = "") -> Row:
    return Row(name, play, missing, detail, metric, speaks=True)


def _status(status: int, missing: Missing, text: str = "") -> Row:
    return Row(f"status {status}", says(text, status, "text/plain"), missing, f"answered {status}")


ROWS: tuple[Row, ...] = (
    Row("hangs", hangs, Missing.TIMEOUT, "didn't answer within"),
    Row("drips", drips, Missing.TIMEOUT, "didn't answer within"),
    Row("hangs up", hangs_up, Missing.UNREACHABLE),
    *(_status(status, Missing.UNREACHABLE) for status in (408, 429, 500, 502, 503, 504)),
    *(_status(status, Missing.REFUSED, "no") for status in (400, 401, 403, 404, 422)),
    Row("redirects to another host", says("", 302, Location="http://127.0.0.1:9/"), Missing.REFUSED, "redirect"),
    Row("shows a login page", says(LOGIN, 200, "text/html"), Missing.GARBAGE, "a web page (of a login"),
    Row("shows an error page as plain text", says("upstream connect error", 200, "text/plain"), Missing.GARBAGE),
    Row("says nothing", says(""), Missing.GARBAGE),
    Row("says null", says("null"), Missing.GARBAGE),
    Row("floods", floods, Missing.GARBAGE, "more than 16 MB"),
    Row("an error with status 200", says('{"status": "error", "error": "no"}'), Missing.GARBAGE),
    Row("has no series", says(vector()), Missing.EMPTY),
    *(
        Row(f"says {word}", shows(lambda asked, word=word: vector(("", word, asked.at))), Missing.NOT_A_NUMBER, word)  # type: ignore[misc]
        for word in ("NaN", "+Inf", "-Inf")
    ),
    Row("says a word", shows(lambda asked: vector(("", "many", asked.at))), Missing.GARBAGE, "isn't a number"),
    _speaking("breaks off", breaks_off, Missing.UNREACHABLE, "broke off"),
    _speaking("says half of it", shows(lambda asked: _plain(asked)[:-12]), Missing.GARBAGE, "only half of it"),
    _speaking("a bare number", typed("scalar", lambda it: [it.at, str(it.value)]), Missing.GARBAGE, "a bare number"),
    _speaking("a bare vector", typed("vector", lambda it: [it.at, str(it.value)]), Missing.GARBAGE),
    _speaking("a text", typed("string", lambda it: [it.at, str(it.value)]), Missing.GARBAGE, "a text, not numbers"),
    _speaking(
        "a range", typed("matrix", lambda it: [{"metric": {}, "values": [[it.at, str(it.value)]]}]), Missing.GARBAGE
    ),
    _speaking("an unknown type", typed("streams", lambda it: [{"value": it.value}]), Missing.GARBAGE, "unknown type"),
    _speaking(
        "several series",
        shows(lambda it: vector(("a", str(it.value), it.at), ("b", str(it.value), it.at))),
        Missing.SEVERAL_SERIES,
        '2 series where one is meant: {pod="a"}, {pod="b"}',
    ),
    _speaking(
        "one series of NaN among good ones",
        shows(lambda it: vector(("a", str(it.value), it.at), ("b", "NaN", it.at))),
        Missing.NOT_A_NUMBER,
    ),
    _speaking(
        "old numbers after a restart",
        shows(lambda it: vector(("", str(it.value), it.at - 400))),
        Missing.STALE,
        "6m40s old",
    ),
    _speaking(
        "numbers of the future",
        shows(lambda it: vector(("", str(it.value), it.at + 90))),
        Missing.STALE,
        "ahead of ours",
    ),
    _speaking("a cache's answer", shows(_plain, Date=_date(timedelta(minutes=-10))), Missing.STALE, "old by its date"),
    _speaking("a clock ahead", shows(_plain, Date=_date(timedelta(minutes=10))), Missing.STALE, "ahead of ours"),
    _speaking(
        "a partial answer",
        shows(lambda it: vector(("", str(it.value), it.at), warnings=["store 10.0.0.7 timed out"])),
        Missing.PARTIAL,
        "store 10.0.0.7 timed out",
    ),
    Row("half a check: no errors", only("errors", says("", 503)), Missing.UNREACHABLE, metric="errors"),
    Row("half a check: no success", only("success", says(vector())), Missing.EMPTY, metric="success"),
)

ONE_OF_EACH = tuple({row.missing: row for row in ROWS}.values())
"""One row for each reason, for stories that take longer."""


@dataclass
class FarSide:
    """All rows' servers. `sick` names the paths that play their row now; others are healthy."""

    url: str = ""
    sick: dict[str, Play] = field(default_factory=dict)
    values: dict[str, Mapping[str, float]] = field(default_factory=dict)
    """What a path's healthy source would say; WELL by default."""
    stable: Mapping[str, float] = field(default_factory=lambda: dict(WELL))
    asked: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """`/<path>/api/v1/query?query=<metric>{v="<side>"}&time=<at>`."""
        self.asked += 1
        path = request.path.split("/")[1]
        metric, _, side = request.query["query"].partition("{")
        numbers = self.stable if "old" in side else self.values.get(path, WELL)
        at, value = float(request.query["time"]), numbers[metric]
        return await self.sick.get(path, healthy)(Asked(request, metric, side, at, value, self.released))


@asynccontextmanager
async def far_side() -> AsyncIterator[FarSide]:
    """Served on a free port until the block ends; what hangs is released then."""
    there = FarSide()
    async with serving(there.answer) as there.url:
        try:
            yield there
        finally:
            there.released.set()
