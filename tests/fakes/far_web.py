"""A web server that a test plays a far side with: it answers well, or in each way that far sides go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from aiohttp import web

from tests.far_side import serving


class Wrong(StrEnum):
    """How it goes wrong, until it's well again."""

    REFUSES = "refuses"
    BUSY = "busy"
    BROKEN = "broken"
    GARBAGE = "garbage"
    HANGS = "hangs"
    LATE = "late"
    """It does what it was asked, and breaks off before it says so."""


@dataclass
class FarWeb:
    """Subclasses answer in `answer`; `echo` is what an error page quotes of the request."""

    wrong: Wrong | None = None
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """Each request as it came: method and path."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        async with serving(self._heard) as self.url:
            yield self

    async def answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        raise NotImplementedError

    async def _heard(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        body = await request.read()
        echoed = f"{dict(request.headers)} {body.decode(errors='replace')}"
        match self.wrong:
            case Wrong.REFUSES:
                return web.Response(status=401, text=f"go away: {echoed}")
            case Wrong.BUSY:
                return web.Response(status=429, text="too many", headers={"Retry-After": "60"})
            case Wrong.BROKEN:
                return web.Response(status=503, text=f"sorry: {echoed}")
            case Wrong.GARBAGE:
                return web.Response(text="<html>welcome to the proxy</html>", content_type="text/html")
            case Wrong.HANGS:
                await asyncio.Event().wait()
        answered = await self.answer(request, body)
        if self.wrong is Wrong.LATE and request.method == "POST" and request.transport is not None:
            request.transport.abort()
        return answered


def told(code: int, **facts: object) -> web.Response:
    """JSON."""
    return web.json_response(facts, status=code)
