"""`Service`: the simulation behind an HTTP server, running in real time or advanced by hand."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.sandbox.service.exposition import CONTENT_TYPE, GARBAGE, metrics_page
from bot.sandbox.service.knobs import Knobs, MetricsPage, while_hanging
from bot.sandbox.service.provider import Provider, Shipped
from bot.sandbox.service.simulation import STEP_S, Simulation
from bot.sandbox.service.switches import Switches


class Service:
    """A pretended "denis" with its materializers: `/metrics`, `/chat`, a traffic flag, a kill switch, and knobs.

    `clock` gives seconds since 1970; the simulation follows it while started, and `advance` lets it run ahead. The
    same `seed` gives the same traffic. `token` guards the flag and the kill switch.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time, seed: int = 1, token: str | None = None) -> None:
        self._clock = clock
        self._ahead_s = 0.0
        self._simulation = Simulation(clock(), seed)
        self._app = web.Application()
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.5)
        self._heart: asyncio.Task[None] | None = None
        self._provider: Provider | None = None
        self._asking: asyncio.Task[None] | None = None
        self.url = ""
        self._switches = Switches(self._simulation, token)
        self._switches.add_to(self._app.router)
        self._add_routes(self._app.router)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen, and follow the clock; port 0 takes a free one. Raises OSError when the port is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        self._heart = asyncio.get_running_loop().create_task(self._beat())

    async def stop(self) -> None:
        """Stop following the clock and anybody's flags, and stop listening."""
        for task in (self._asking, self._heart):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self.knobs.reset()
        await self._runner.cleanup()

    def follow(self, address: str, shipped: Shipped = lambda new, stable: None) -> None:
        """From now on ask there which version each user gets, by OpenFeature's protocol; the own flag follows that.

        The kill switch is a way of its own then: what ails the flag doesn't ail it.
        `shipped` is told the new and the stable version whenever the next one is shipped.
        """
        if self._asking is not None:
            self._asking.cancel()
        self._switches.kill_is_apart = True
        self._provider = Provider(self._simulation, address, shipped)
        self._asking = asyncio.get_running_loop().create_task(self._provider.run())

    @property
    def knobs(self) -> Knobs:
        """What is broken; set its attributes to break more."""
        return self._simulation.knobs

    @property
    def weight(self) -> float:
        """Percent of traffic that the new variant really gets."""
        return self._simulation.weight

    @property
    def percent(self) -> float:
        """What the traffic flag says, in percent."""
        return self._simulation.percent

    @percent.setter
    def percent(self, percent: float) -> None:
        """Change the flag behind everybody's back."""
        self._simulation.percent = percent

    @property
    def killed(self) -> bool:
        """Whether the kill switch is engaged."""
        return self._simulation.killed

    def advance(self, seconds: float) -> None:
        """Let the service live through so many seconds now."""
        self._ahead_s += seconds
        self._simulation.run_until(self._clock() + self._ahead_s)

    def live(self) -> dict[str, Any]:
        """The numbers of this moment, and those of the last minute and a half, second by second."""
        inner = self._simulation
        variants = {
            name: {
                "per_s": variant.served_since(inner.now - 1.0),
                "error_percent": variant.error_percent(),
                "p99_s": variant.p99_s(),
            }
            for name, variant in inner.variants.items()
        }
        return variants | {
            "weight": inner.weight,
            "percent": inner.percent,
            "enabled": inner.enabled,
            "killed": inner.killed,
            "queue": round(inner.queue),
            "worker_alive": inner.worker_alive,
            "memory_percent": round(inner.memory_percent["worker"], 1),
            "knobs": inner.knobs.as_json(),
            "history": list(inner.history),
        }

    def _add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/metrics", self._metrics)
        router.add_post("/chat", self._chat)
        router.add_get("/sandbox/live", self._live)
        router.add_get("/sandbox/knobs", self._read_knobs)
        router.add_put("/sandbox/knobs", self._turn_knobs)
        router.add_post("/sandbox/reset", self._reset)
        router.add_post("/sandbox/ship", self._ship)

    async def _beat(self) -> None:
        while True:
            self._simulation.run_until(self._clock() + self._ahead_s)
            await asyncio.sleep(STEP_S)

    async def _metrics(self, _request: web.Request) -> web.Response:
        await while_hanging(lambda: self.knobs.metrics_page is MetricsPage.HANGING)
        match self.knobs.metrics_page:
            case MetricsPage.DOWN:
                raise web.HTTPServiceUnavailable(text="no metrics")
            case MetricsPage.GARBAGE:
                return web.Response(text=GARBAGE, content_type="text/html")
        return web.Response(body=metrics_page(self._simulation).encode(), headers={"Content-Type": CONTENT_TYPE})

    async def _chat(self, _request: web.Request) -> web.Response:
        if self.knobs.chat_down:
            raise web.HTTPServiceUnavailable(text="the chat is down")
        return web.json_response({"ok": True, "reply": "Hello, how can I help?"})

    async def _live(self, _request: web.Request) -> web.Response:
        return web.json_response(self.live())

    async def _read_knobs(self, _request: web.Request) -> web.Response:
        return web.json_response(self.knobs.as_json())

    async def _turn_knobs(self, request: web.Request) -> web.Response:
        try:
            self.knobs.turn(dict(await request.json()))
        except (ValueError, TypeError) as mistake:
            return web.json_response({"error": str(mistake)}, status=400)
        return web.json_response(self.knobs.as_json())

    def ship(self) -> None:
        """Ship the next version: the canary is the stable one now, the new one waits at 0 %, nothing broken.

        Raises ValueError where the versions are Perch's to give, and it gives two.
        """
        if self._provider is None:
            self._simulation.percent = 0.0
        else:
            self._provider.ship()
        self.knobs.reset()

    async def _ship(self, _request: web.Request) -> web.Response:
        try:
            self.ship()
        except ValueError as too_early:
            return web.json_response({"error": str(too_early)}, status=409)
        return web.json_response(self.live())

    async def _reset(self, _request: web.Request) -> web.Response:
        self.knobs.reset()
        return web.json_response(self.knobs.as_json())
