"""The web door: is Perch alive, is it ready, what does it count; where Alertmanager posts to and, in HTTP mode, Slack.

The only file that knows the web server. Every answer has a deadline: whoever asks about health must not hang with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web

from bot.ports import Clock
from commands.web.alertmanager import AlertDoor
from commands.web.health import Standing, reasons
from commands.web.metrics import CONTENT_TYPE, Metrics

Look = Callable[[], Awaitable[Standing]]
Door = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOOK_S = 2.0
"""How long the database may take to say how things stand; then it counts as away."""
MOST_BYTES = 1024 * 1024
"""The largest body that is read; Slack's are far smaller."""


def web_app(
    look: Look,
    metrics: Metrics,
    clock: Clock,
    *,
    wake: timedelta | None,
    slack_handler: Door | None = None,
    alerts: AlertDoor | None = None,
) -> web.Application:
    """The routes over what `look` sees and `metrics` has counted.

    `wake` is how often the engine wakes up; None where it runs in another process. `slack_handler` answers POST
    /slack/events; without one, as in Socket Mode, that path doesn't exist. `alerts` answers Alertmanager; a process
    without doors has none.
    """
    routes = _Routes(look, metrics, clock, wake)
    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_get("/healthz", routes.healthz)
    app.router.add_get("/readyz", routes.readyz)
    app.router.add_get("/metrics", routes.metrics)
    if slack_handler is not None:
        app.router.add_post("/slack/events", slack_handler)
    if alerts is not None:
        app.router.add_post("/webhooks/alertmanager", _listening_to(alerts))
    return app


def _listening_to(alerts: AlertDoor) -> Door:
    async def post(request: web.Request) -> web.Response:
        """Who isn't welcome is told so before the body is read."""
        status = alerts.refuses(request.headers.get("Authorization", ""))
        if status:
            words = {401: "The token is wrong or missing.", 404: "No webhook is open here; Perch's log says how."}
            challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
            return web.json_response({"error": f"{words[status]} Nothing was done."}, status=status, headers=challenge)
        status, said = await alerts.receive(await request.read())
        return web.json_response(said, status=status)

    return post


class _Routes:
    def __init__(self, look: Look, metrics: Metrics, clock: Clock, wake: timedelta | None) -> None:
        self._look, self._metrics, self._clock, self._wake = look, metrics, clock, wake

    async def healthz(self, _: web.Request) -> web.Response:
        """200 while the loop turns: whoever restarts Perch on this must not do so because a database is away."""
        return web.json_response({"status": "alive"})

    async def readyz(self, _: web.Request) -> web.Response:
        standing = await self._seen()
        found = reasons(standing, self._metrics.last_tick, self._clock(), self._wake)
        if found:
            return web.json_response({"status": "not ready", "reasons": list(found)}, status=503)
        return web.json_response({"status": "ready"})

    async def metrics(self, _: web.Request) -> web.Response:
        page = self._metrics.page(await self._seen())
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE})

    async def _seen(self) -> Standing:
        try:
            async with asyncio.timeout(LOOK_S):
                return await self._look()
        except TimeoutError:
            return Standing(database=f"didn't answer within {LOOK_S:g} s")
