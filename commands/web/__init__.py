"""The web door: is Perch alive, is it ready, what does it count; which side a flag is on; where other systems post to
and, in HTTP mode, Slack.

The only file that knows the web server. Every answer has a deadline: whoever asks about health must not hang with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from aiohttp import web

from bot.ports import Clock
from commands.web.alertmanager import AlertDoor
from commands.web.flags import FlagDoor, Reply
from commands.web.health import Standing, hopeless, reasons
from commands.web.metrics import CONTENT_TYPE, Metrics
from commands.web.pagerduty import PagerDutyDoor

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
    broken: Sequence[str] = (),
    slack_handler: Door | None = None,
    alerts: AlertDoor | None = None,
    pagerduty: PagerDutyDoor | None = None,
    flags: FlagDoor | None = None,
) -> web.Application:
    """The routes over what `look` sees and `metrics` has counted.

    `wake` is how often the engine wakes up; None where it runs in another process. `broken` are parts that ended by a
    fault, filled in as it happens. `slack_handler` answers POST /slack/events; without one, as in Socket Mode, that
    path doesn't exist. `alerts` answers Alertmanager, `pagerduty` PagerDuty, `flags` services
    that ask for flags; a process without doors has none.
    """
    routes = _Routes(look, metrics, clock, wake, broken)
    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_get("/healthz", routes.healthz)
    app.router.add_get("/readyz", routes.readyz)
    app.router.add_get("/metrics", routes.metrics)
    if slack_handler is not None:
        app.router.add_post("/slack/events", slack_handler)
    if alerts is not None:
        app.router.add_post("/webhooks/alertmanager", _listening_to(alerts))
    if pagerduty is not None:
        app.router.add_post("/webhooks/pagerduty", _listening_to_pagerduty(pagerduty))
    if flags is not None:
        app.router.add_post("/ofrep/v1/evaluate/flags", _all_of(flags))
        app.router.add_post("/ofrep/v1/evaluate/flags/{key}", _one_of(flags))
    return app


def _one_of(flags: FlagDoor) -> Door:
    async def post(request: web.Request) -> web.Response:
        return _reply(flags.refuses(request.headers) or flags.evaluate(request.match_info["key"], await request.read()))

    return post


def _all_of(flags: FlagDoor) -> Door:
    async def post(request: web.Request) -> web.Response:
        known = request.headers.get("If-None-Match", "")
        return _reply(flags.refuses(request.headers) or flags.evaluate_all(await request.read(), known))

    return post


def _reply(reply: Reply) -> web.Response:
    kind = {} if reply.said is None else {"Content-Type": "application/json"}
    return web.Response(status=reply.status, body=reply.body or None, headers={**reply.headers, **kind})


def _listening_to(alerts: AlertDoor) -> Door:
    async def post(request: web.Request) -> web.Response:
        """Who isn't welcome is told so before the body is read."""
        status = alerts.refuses(request.headers.get("Authorization", ""))
        if status:
            challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
            return _unwelcome(status, "The token is wrong or missing.", challenge)
        status, said = await alerts.receive(await request.read())
        return web.json_response(said, status=status)

    return post


def _listening_to_pagerduty(door: PagerDutyDoor) -> Door:
    async def post(request: web.Request) -> web.Response:
        """The signature is over the body, so that is read first."""
        body = await request.read()
        status = door.refuses(request.headers.get("X-PagerDuty-Signature", ""), body)
        if status:
            return _unwelcome(status, "The signature is wrong or missing.", {})
        status, said = await door.receive(body)
        return web.json_response(said, status=status)

    return post


def _unwelcome(status: int, wrong: str, headers: Mapping[str, str]) -> web.Response:
    words = {401: wrong, 404: "No webhook is open here; Perch's log says how."}
    return web.json_response({"error": f"{words[status]} Nothing was done."}, status=status, headers=dict(headers))


class _Routes:
    def __init__(
        self, look: Look, metrics: Metrics, clock: Clock, wake: timedelta | None, broken: Sequence[str]
    ) -> None:
        self._look, self._metrics, self._clock, self._wake, self._broken = look, metrics, clock, wake, broken

    async def healthz(self, _: web.Request) -> web.Response:
        """Red where only a restart helps: whoever restarts Perch on this must not because a database is away."""
        metrics = self._metrics
        found = hopeless(self._broken, metrics.last_tick, metrics.since, self._clock(), self._wake)
        if found:
            return web.json_response({"status": "needs a restart", "reasons": list(found)}, status=503)
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
