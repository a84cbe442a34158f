"""What the bench talks to instead of a monitoring system and a flag service: cheap, and a process of its own.

`/api/v1/query` answers like Prometheus, for any query, with 1 or with the value that was put under that query; after
a PUT to `/hanging` it gives no answer any more. `/values/NAME` keeps what is PUT there, and since when; with
`?after=SECONDS` each answer takes that long.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

GOOD = "1"


class FarSide:
    """The answers, as an aiohttp application."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._at: dict[str, float] = {}
        self._hanging = False
        self.app = web.Application()
        self.app.router.add_get("/api/v1/query", self._query)
        self.app.router.add_put("/numbers", self._set_number)
        self.app.router.add_put("/hanging", self._hang)
        self.app.router.add_get("/values/{name}", self._value)
        self.app.router.add_put("/values/{name}", self._set_value)

    async def _query(self, request: web.Request) -> web.Response:
        if self._hanging:
            await asyncio.Event().wait()
        query, at = request.query["query"], float(request.query["time"])
        found = {"metric": {"__name__": "bench"}, "value": [at, self._numbers.get(query, GOOD)]}
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": [found]}})

    async def _set_number(self, request: web.Request) -> web.Response:
        self._numbers[request.query["query"]] = request.query["value"]
        return web.json_response({})

    async def _hang(self, request: web.Request) -> web.Response:
        self._hanging = True
        return web.json_response({})

    async def _value(self, request: web.Request) -> web.Response:
        await _take(request)
        name = request.match_info["name"]
        return web.json_response({"value": self._values.get(name), "at": self._at.get(name)})

    async def _set_value(self, request: web.Request) -> web.Response:
        await _take(request)
        name = request.match_info["name"]
        self._values[name] = (await request.json())["value"]
        self._at[name] = time.time()
        return web.json_response({})


async def _take(request: web.Request) -> None:
    await asyncio.sleep(float(request.query.get("after", "0")))


@contextmanager
def far_side() -> Iterator[str]:
    """A far side in its own process, and its address."""
    with subprocess.Popen([sys.executable, "-m", "bench.far_side"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _serve() -> None:
    runner = web.AppRunner(FarSide().app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
