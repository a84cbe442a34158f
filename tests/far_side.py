"""Far sides that tests play: a web server with a handler or an app, bytes on a socket, a wire that counts and hangs."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from adapters.contracts import Wire

__all__ = ["Handler", "Wire", "always", "drip", "served", "serving", "speaking"]

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A web server that answers every path and method with `handler`; yields its address."""
    async with _listening(web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=0.1), tls) as url:
        yield url


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """A web server of this app; yields its address."""
    async with _listening(web.AppRunner(app, access_log=None, shutdown_timeout=0.1)) as url:
        yield url


@asynccontextmanager
async def _listening(runner: web.BaseRunner, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls, backlog=1024).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def always(text: str, status: int = 200, content_type: str = "application/json", **headers: str) -> Handler:
    """A handler that answers the same to everything."""

    async def answer(request: web.BaseRequest) -> web.Response:
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(text=text, status=status, content_type=content_type, headers=shown)

    return answer


async def drip(request: web.BaseRequest, enough: asyncio.Event) -> web.StreamResponse:
    """A byte now and then until it is enough: each comes in time, the whole never does."""
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(ConnectionError):
        while not enough.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.02)
    return response


@asynccontextmanager
async def speaking(answer: bytes) -> AsyncIterator[str]:
    """A server that says these bytes once it has heard something, and closes; yields its address."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read(65536)
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
