"""The workspace's HTTP server: which address is answered by what."""

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.sandbox.workspace.methods.files import as_json as file_as_json
from bot.sandbox.workspace.records import Records


class Server:
    """One aiohttp server on one port; `url` is known once it has started."""

    def __init__(self, *middlewares: Middleware) -> None:
        self.app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=middlewares)
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.5)

    async def start(self, host: str, port: int) -> str:
        """Listen, and give the address without a trailing slash. Raises OSError when the port is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        return f"http://{_shown(host)}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening and end what is under way."""
        await self._runner.cleanup()


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound


class FileStore:
    """Receives the bytes of announced uploads, and gives files back."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def upload(self, request: web.Request) -> web.Response:
        """`POST /upload/<key>`: the bytes themselves, or a form with the file in it."""
        key = request.match_info["key"]
        stored = next((f for f in self._records.files.values() if f.upload_key == key), None)
        if stored is None or stored.content is not None:
            return web.Response(status=404, text="no such upload")
        content = await _bytes(request)
        if len(content) != stored.length:
            return web.Response(status=400, text=f"announced {stored.length} bytes, got {len(content)}")
        stored.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.Response:
        """`GET /files/<id>`."""
        stored = self._records.files.get(request.match_info["id"])
        if stored is None or stored.content is None:
            return web.Response(status=404, text="no such file")
        shown = file_as_json(self._records, stored)
        headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=stored.content, content_type=shown["mimetype"], headers=headers)


async def _bytes(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""
