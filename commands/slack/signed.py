"""HTTP mode: one signed POST for commands, clicks and events alike.

Bolt checks the signature; before that, what would make it stumble is turned away: a timestamp that is no number (Bolt
answers 500 and logs a traceback), a stale one, bytes that are no UTF-8. Nothing of a refused body is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.ports import Clock

log = logging.getLogger(__name__)

PATH = "/slack/events"
STALE = timedelta(seconds=300)


def signed_requests(app: AsyncApp, clock: Clock) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler for `PATH`. Refuses with 400 or 401, and aiohttp with 413; Slack sends refused events again."""

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        if not _fresh(request.headers.get("X-Slack-Request-Timestamp", ""), clock()):
            return _refused(401, "no fresh timestamp")
        if not request.headers.get("X-Slack-Signature", "").startswith("v0="):
            return _refused(401, "no signature")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return _refused(400, "not UTF-8")
        headers: dict[str, str | Sequence[str]] = dict(request.headers.items())
        bolt = AsyncBoltRequest(body=text, query=request.query_string, headers=headers)
        return await to_aiohttp_response(await app.async_dispatch(bolt))

    return handle


def _fresh(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)) <= STALE


def _refused(status: int, why: str) -> web.Response:
    log.warning("a request to %s was refused: %s", PATH, why)
    return web.json_response({"error": why}, status=status)
