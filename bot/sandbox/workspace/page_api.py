"""What the web page asks for: the page's files, what one person sees, their acts, and a stream of changes."""

import asyncio
import json
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.workspace.acting import Acting
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.records import Records

_FILES = Path(__file__).parents[1] / "page"
_POLICY = "default-src 'self'; img-src 'self' data: https: http:; frame-ancestors 'none'; base-uri 'none'"
_KEEP_ALIVE_S = 15.0


class PageApi:
    """Serves `/`, `/page/…` and `/sandbox/…`. People are named by id or handle, as `user`."""

    def __init__(self, records: Records, acting: Acting, completions: Sequence[str]) -> None:
        self._records = records
        self._acting = acting
        self._completions = list(completions)
        self.has_service = False

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Put the addresses in place."""
        router.add_get("/", self.index)
        router.add_get("/archives/{channel}/{message}", self.index)
        router.add_static("/page/", _FILES)
        router.add_get("/sandbox/state", self.state)
        router.add_get("/sandbox/channel", self.channel)
        router.add_get("/sandbox/views", self.views)
        router.add_get("/sandbox/stream", self.stream)
        router.add_post("/sandbox/act", self.act)

    async def index(self, _request: web.Request) -> web.StreamResponse:
        """The page; the same for a message's permalink, which the page then finds."""
        return web.FileResponse(_FILES / "index.html", headers={"Content-Security-Policy": _POLICY})

    async def state(self, _request: web.Request) -> web.Response:
        """Who and what there is."""
        records = self._records
        return web.json_response(
            {
                "app": {"name": records.app.name, "user_id": records.app.user_id},
                "people": [person.as_json() for person in records.people.values()],
                "groups": [group.as_json(with_members=True) for group in records.groups.values()],
                "channels": [_channel(channel) for channel in records.channels.values()],
                "completions": self._completions,
                "has_service": self.has_service,
            }
        )

    async def channel(self, request: web.Request) -> web.Response:
        """Every message of a channel that this person sees, oldest first."""
        person = self._records.person(request.query["user"])
        channel = self._records.channel(request.query["channel"])
        seen = [*self._records.messages.lasting(channel.id)]
        seen += self._records.messages.ephemerals(channel.id, person.id)
        shown = [self._records.messages.as_json(message) for message in sorted(seen, key=lambda m: float(m.ts))]
        return web.json_response({"messages": shown})

    async def views(self, request: web.Request) -> web.Response:
        """The modal that this person has open, and their App Home."""
        person = self._records.person(request.query["user"])
        stack, home = self._records.views.stack(person.id), self._records.views.home(person.id)
        modal = stack[-1].as_json() | {"errors": stack[-1].errors} if stack else None
        return web.json_response({"modal": modal, "home": home.as_json() if home else None})

    async def act(self, request: web.Request) -> web.Response:
        """Do something as somebody; see `Acting`. 400 with `error` when it can't be done."""
        try:
            wanted: Json = await request.json()
            return web.json_response(await self._acting.act(wanted))
        except (LookupError, ValueError, TypeError) as mistake:
            return web.json_response({"error": _said(mistake)}, status=400)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Changes as server-sent events; each names what to look at again."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        await response.write(b"retry: 500\n\n")
        try:
            async for change in self._records.changes.follow(_KEEP_ALIVE_S):
                await response.write(f"data: {json.dumps(change)}\n\n".encode() if change else b": still here\n\n")
        except (ConnectionError, asyncio.CancelledError):
            return response
        return response


def _channel(channel: Any) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "members": channel.members,
        "with_user": channel.with_user,
        "archived": channel.archived,
    }


def _said(mistake: Exception) -> str:
    return f"{mistake.args[0]} is missing" if isinstance(mistake, KeyError) else str(mistake)


@web.middleware
async def only_from_here(request: web.Request, handler: Any) -> web.StreamResponse:
    """Refuses what another website sends to this machine: the page acts for anybody, so only the page may ask.

    A request from another origin carries an `Origin` that isn't ours; a rebound name has a `Host` that isn't an
    address of this machine.
    """
    if request.path.startswith(("/sandbox/", "/service/")):
        origin = request.headers.get("Origin")
        if not _is_address(request.url.host or "") or origin not in (None, f"http://{request.host}"):
            raise web.HTTPForbidden(text="only the page itself may ask")
    response: web.StreamResponse = await handler(request)
    return response


def _is_address(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
