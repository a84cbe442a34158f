"""A real Alertmanager, and between it and us a door that hangs, refuses, babbles, loses answers or lies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web

from adapters.contracts import EffectWorld, Trouble
from adapters.contracts.effects import KEY
from adapters.effects import KINDS
from tests.far_side import serving


class Alertmanager:
    """As an effect's test sees it. `trouble` is what comes of the next requests."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.trouble: Trouble | None = None
        self.door = ""
        self.changes = 0
        """Requests that would change something, whatever came of them."""
        self.token = ""
        self.heard = asyncio.Event()

    async def silences(self, *states: str) -> list[dict[str, Any]]:
        """Those of Perch's in these states; without any, those that aren't over."""
        found = (await self.client.get("/api/v2/silences")).json()
        wanted = states or ("active", "pending")
        return [each for each in found if each["createdBy"] == "perch" and each["status"]["state"] in wanted]

    async def expire_all(self) -> None:
        for each in await self.silences():
            await self.client.delete(f"/api/v2/silence/{each['id']}")

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.token = request.headers.get("Authorization", "")
        self.changes += request.method != "GET"
        self.heard.set()
        match self.trouble:
            case Trouble.HANG:
                await asyncio.Event().wait()
            case Trouble.DENY:
                return web.json_response({"message": f"no {self.token}"}, status=401)
            case Trouble.GARBAGE:
                return web.Response(text="<html>sign in</html>")
            case Trouble.LIE if request.method != "GET":
                return web.json_response({"silenceID": "d0d0"})
        body, headers = await request.read(), {"Content-Type": request.headers.get("Content-Type", "")}
        there = await self.client.request(request.method, str(request.rel_url), content=body, headers=headers)
        if self.trouble is Trouble.HALF and request.method != "GET" and request.transport is not None:
            request.transport.abort()
        return web.Response(status=there.status_code, body=there.content, content_type="application/json")


@asynccontextmanager
async def behind_a_door(url: str) -> AsyncIterator[Alertmanager]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        far = Alertmanager(client)
        async with serving(far.answer) as far.door:
            yield far
        await far.expire_all()


SECRET = "correct-horse-battery-staple"


class SilenceWorld(EffectWorld):
    """Silences in a real Alertmanager: what stands there are their keys."""

    troubles = frozenset({Trouble.HANG, Trouble.DENY, Trouble.GARBAGE, Trouble.HALF, Trouble.LIE})
    secrets = frozenset({SECRET})

    def __init__(self, far: Alertmanager) -> None:
        kind = KINDS["silence"]
        given = {"url": far.door, "matchers": ['service="denis"'], "token_env": "AM", "timeout": "1s"}
        self.far, self.effect = far, kind.build(kind.options.model_validate(given), {"AM": SECRET})
        self.before, self.done = [], [KEY]

    async def stands(self) -> list[str]:
        return sorted(each["comment"].rpartition(" [")[2].rstrip("]") for each in await self.far.silences())

    async def get_into(self, trouble: Trouble | None) -> None:
        self.far.trouble = trouble
        self.far.heard.clear()

    async def reached(self) -> None:
        await self.far.heard.wait()


@asynccontextmanager
async def silence_world(url: str) -> AsyncIterator[SilenceWorld]:
    """Over the Alertmanager at this address."""
    async with behind_a_door(url) as far:
        world = SilenceWorld(far)
        try:
            yield world
        finally:
            await world.effect.aclose()
