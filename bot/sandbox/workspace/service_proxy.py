"""Hands `/service/…` on to the service, so that the page needs one address only."""

import aiohttp
from aiohttp import web

_WITHIN = aiohttp.ClientTimeout(total=5)


class ServiceProxy:
    """Forwards method, path, query and body to `service_url`; 502 when it doesn't answer."""

    def __init__(self, service_url: str) -> None:
        self._service_url = service_url.rstrip("/")

    async def handle(self, request: web.Request) -> web.Response:
        """Forward one request."""
        address = f"{self._service_url}/{request.match_info['path']}"
        headers = {"Content-Type": request.headers["Content-Type"]} if request.can_read_body else {}
        try:
            async with (
                aiohttp.ClientSession(timeout=_WITHIN) as session,
                session.request(
                    request.method, address, params=request.query, data=await request.read(), headers=headers
                ) as answer,
            ):
                body = await answer.read()
                return web.Response(body=body, status=answer.status, content_type=answer.content_type)
        except (aiohttp.ClientError, TimeoutError):
            return web.json_response({"error": "the service does not answer"}, status=502)
