"""A pretended service with a traffic flag and a kill switch for each of its parts, which writes down every set.

Its numbers are what a test sets, at once: stories with it need no time to gather samples.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Deed:
    """One change that was asked for. `what`: `set` (of a flag, to `value` percent), `engage` or `restore`."""

    part: str
    what: str
    value: float = 0.0


Witness = Callable[[Deed], Awaitable[None]]


@dataclass
class Part:
    """One thing that is rolled out. The numbers are in the units that the plan names."""

    percent: float = 0.0
    killed: bool = False
    success_rate: float = 99.9
    latency_p99: float = 1.0
    queue_depth: float = 5.0
    shown: float | None = None
    """What is shown when read, where that is a lie."""

    @property
    def weight(self) -> float:
        """Percent of traffic that the new variant really gets."""
        return 0.0 if self.killed else self.percent


@dataclass
class Trouble:
    """What is wrong with the service: seconds that each answer takes, and how flags and pages answer."""

    slow_s: float = 0.0
    refusing: bool = False
    ignoring: bool = False
    """A set is answered with 200 and does nothing."""
    page: str = "ok"
    """`ok`, `down`, `garbage`, `hanging`, or `without`: a page that lacks the numbers."""
    page_s: float = 0.0


@dataclass
class FarService:
    """Serves `/flags/P`, `/switches/P` and `/metrics` on a free port of 127.0.0.1; `deeds` is its own record."""

    names: Sequence[str]
    parts: dict[str, Part] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)
    by_hand: set[str] = field(default_factory=set)
    """Parts whose flag somebody moved behind Perch's back."""
    trouble: Trouble = field(default_factory=Trouble)
    witness: Witness | None = None
    """Asked at each deed, before it takes effect; Perch waits meanwhile."""
    url: str = ""

    async def start(self) -> None:
        self.parts = {name: Part() for name in self.names}
        app = web.Application()
        app.router.add_get("/metrics", self._page)
        app.router.add_get("/flags/{part}", self._read_flag)
        app.router.add_put("/flags/{part}", self._set_flag)
        app.router.add_get("/switches/{part}", self._read_switch)
        app.router.add_post("/switches/{part}", self._engage)
        app.router.add_delete("/switches/{part}", self._restore)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def raised(self, part: str) -> list[float]:
        """Every weight that a flag was set to, in order."""
        return [deed.value for deed in self.deeds if deed.part == part and deed.what == "set"]

    async def _page(self, _: web.Request) -> web.Response:
        trouble = self.trouble
        await asyncio.sleep(3600 if trouble.page == "hanging" else trouble.page_s)
        if trouble.page == "down":
            raise web.HTTPServiceUnavailable(text="no metrics")
        if trouble.page == "garbage":
            return web.Response(text="<html>Bad Gateway</html>", content_type="text/html")
        lines = [] if trouble.page == "without" else [_numbers(name, part) for name, part in self.parts.items()]
        return web.Response(text="".join(lines) + "up 1\n")

    async def _read_flag(self, request: web.Request) -> web.Response:
        part = await self._met(request)
        return web.json_response({"percent": part.percent if part.shown is None else part.shown})

    async def _set_flag(self, request: web.Request) -> web.Response:
        percent = float((await request.json())["percent"])
        part = await self._met(request)
        await self._done(Deed(request.match_info["part"], "set", percent))
        if not self.trouble.ignoring:
            part.percent = percent
        return web.json_response({"percent": percent})

    async def _read_switch(self, request: web.Request) -> web.Response:
        return web.json_response({"engaged": (await self._met(request)).killed})

    async def _engage(self, request: web.Request) -> web.Response:
        return await self._switch(request, Deed(request.match_info["part"], "engage"), killed=True)

    async def _restore(self, request: web.Request) -> web.Response:
        return await self._switch(request, Deed(request.match_info["part"], "restore"), killed=False)

    async def _switch(self, request: web.Request, deed: Deed, *, killed: bool) -> web.Response:
        part = await self._met(request)
        await self._done(deed)
        if not self.trouble.ignoring:
            part.killed = killed
        return web.json_response({"engaged": part.killed})

    async def _done(self, deed: Deed) -> None:
        self.deeds.append(deed)
        if self.witness is not None:
            await self.witness(deed)

    async def _met(self, request: web.Request) -> Part:
        if self.trouble.slow_s:
            await asyncio.sleep(self.trouble.slow_s)
        if self.trouble.refusing:
            raise web.HTTPServiceUnavailable(text="the flag store doesn't answer")
        return self.parts[request.match_info["part"]]


def _numbers(name: str, part: Part) -> str:
    values = {
        "success_rate": part.success_rate,
        "latency_p99": part.latency_p99,
        "queue_depth": part.queue_depth,
        "canary_pct": part.weight,
        "canary_new": 0 if part.weight == 0 else 1,
    }
    return "".join(f'{metric}{{part="{name}"}} {value}\n' for metric, value in values.items())
