"""The service's own switches: the traffic flag and the kill switch, over HTTP."""

import hmac
from typing import Any

from aiohttp import web

from bot.sandbox.service.knobs import FlagEndpoint, while_hanging
from bot.sandbox.service.simulation import Simulation


class Switches:
    """Serves `/flags/materializers` and `/internal/kill-switch/materializers`; `token` guards both if given."""

    def __init__(self, simulation: Simulation, token: str | None) -> None:
        self._simulation = simulation
        self._token = token
        self._pretended: dict[str, Any] | None = None
        self.kill_is_apart = False
        """Whether the kill switch works whatever ails the flag."""

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Put the addresses in place."""
        router.add_get("/flags/materializers", self.read_flag)
        router.add_put("/flags/materializers", self.set_flag)
        router.add_get("/internal/kill-switch/materializers", self.read_kill_switch)
        router.add_post("/internal/kill-switch/materializers", self.engage)
        router.add_delete("/internal/kill-switch/materializers", self.rearm)

    async def read_flag(self, request: web.Request) -> web.Response:
        """The flag as it is (or, when lying, as it was asked to be)."""
        await self._meet(request)
        lying = self._simulation.knobs.flag_endpoint is FlagEndpoint.LYING
        return web.json_response(self._pretended if lying and self._pretended else self._flag())

    async def set_flag(self, request: web.Request) -> web.Response:
        """Set `percent` (0 to 100), `enabled`, or both; answers with the flag. 400 for anything else."""
        mode = await self._meet(request)
        wanted = self._flag() | _wanted(await _json(request))
        if mode in (FlagEndpoint.IGNORING, FlagEndpoint.LYING):
            self._pretended = wanted
            return web.json_response(wanted)
        self._pretended = None
        self._simulation.percent, self._simulation.enabled = wanted["percent"], wanted["enabled"]
        return web.json_response(self._flag())

    async def read_kill_switch(self, request: web.Request) -> web.Response:
        """Whether the kill switch is engaged."""
        await self._meet(request, apart=self.kill_is_apart)
        return web.json_response(self._kill_switch())

    async def engage(self, request: web.Request) -> web.Response:
        """Take the new variant out at once, whatever the flag says."""
        return await self._set_kill_switch(request, engaged=True)

    async def rearm(self, request: web.Request) -> web.Response:
        """Let the flag rule again."""
        return await self._set_kill_switch(request, engaged=False)

    async def _set_kill_switch(self, request: web.Request, *, engaged: bool) -> web.Response:
        if await self._meet(request, apart=self.kill_is_apart) not in (FlagEndpoint.IGNORING, FlagEndpoint.LYING):
            self._simulation.killed = engaged
        return web.json_response(self._kill_switch())

    async def _meet(self, request: web.Request, *, apart: bool = False) -> FlagEndpoint:
        if self._token is not None:
            shown = request.headers.get("Authorization", "")
            if not hmac.compare_digest(shown.encode(), f"Bearer {self._token}".encode()):
                raise web.HTTPUnauthorized(text="a bearer token is needed")
        if apart:
            return FlagEndpoint.OK
        knobs = self._simulation.knobs
        await while_hanging(lambda: knobs.flag_endpoint is FlagEndpoint.HANGING)
        if knobs.flag_endpoint is FlagEndpoint.REFUSING:
            raise web.HTTPServiceUnavailable(text="the flag store does not answer")
        return knobs.flag_endpoint

    def _flag(self) -> dict[str, Any]:
        return {"percent": self._simulation.percent, "enabled": self._simulation.enabled}

    def _kill_switch(self) -> dict[str, Any]:
        return {"engaged": self._simulation.killed}


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="send a JSON object") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="send a JSON object")
    return body


def _wanted(body: dict[str, Any]) -> dict[str, Any]:
    percent, enabled = body.get("percent", 0), body.get("enabled", True)
    if not body or not set(body) <= {"percent", "enabled"}:
        raise web.HTTPBadRequest(text="send percent, enabled, or both")
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise web.HTTPBadRequest(text="percent is a number from 0 to 100")
    if not isinstance(enabled, bool):
        raise web.HTTPBadRequest(text="enabled is true or false")
    return {name: float(value) if name == "percent" else value for name, value in body.items()}
