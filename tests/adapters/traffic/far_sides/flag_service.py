"""A small HTTP service that keeps a weight and a switch, and goes wrong when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.fakes.traffic import Trouble
from tests.far_side import served

TOKEN = "tok-5up3rs3cret-9"


class FlagService:
    """`/split` holds `{"split": {"canary": N}}`, `/switch` `{"enabled": true}`; a switch of None isn't there (404)."""

    def __init__(self) -> None:
        self.split: Any = 0
        self.switch: Any = True
        self.trouble: Trouble | None = None
        self.writes: list[tuple[str, Any]] = []
        self.asked = asyncio.Event()
        self.over = asyncio.Event()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.set()
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401, text="who are you?")
        match self.trouble:
            case Trouble.HANG:
                await self.over.wait()
            case Trouble.FAIL:
                return web.Response(status=503, text="over capacity")
            case Trouble.DENY:
                return web.Response(status=403, text=f"no right for {request.headers['Authorization']}")
            case Trouble.GARBAGE if request.method == "GET":
                return web.Response(text="<html>Welcome</html>")
        if request.method == "GET":
            return self._shown(request.path)
        return await self._write(request)

    def _shown(self, path: str) -> web.Response:
        if path == "/split":
            return web.json_response({"split": {"canary": self.split}})
        if self.switch is None:
            return web.Response(status=404)
        return web.json_response({"enabled": self.switch})

    async def _write(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.writes.append((f"{request.method} {request.path}", body))
        if self.trouble is not Trouble.LIE:
            self._keep(request.method, request.path, body)
        if self.trouble is Trouble.HALF:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=200)

    def _keep(self, method: str, path: str, body: Any) -> None:
        if path == "/split":
            self.split = body["canary"]
        else:
            self.switch = None if method == "DELETE" else body["enabled"]


@asynccontextmanager
async def flag_service() -> AsyncIterator[FlagService]:
    """The service on a free port of loopback."""
    service = FlagService()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    async with served(app) as service.url:
        try:
            yield service
        finally:
            service.over.set()
