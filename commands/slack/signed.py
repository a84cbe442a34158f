"""HTTP mode: one signed POST for commands, clicks and events alike.

Bolt checks the signature; before that, what would make it stumble is turned away: a timestamp that is no number (Bolt
answers 500 and logs a traceback), a stale one, bytes that are no UTF-8. Nothing of a refused body is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.ports import Clock

log = logging.getLogger(__name__)

PATH = "/slack/events"
STALE = timedelta(seconds=300)
MOST_BYTES = 1024 * 1024


def signed_requests(app: AsyncApp, clock: Clock) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler for `PATH`. Refuses with 400, 401 or 413; Slack tries events again after any of them."""

    async def handle(request: web.Request) -> web.Response:
        body = await request.content.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            return _refused(413, "too large")
        if not _fresh(request.headers.get("X-Slack-Request-Timestamp", ""), clock()):
            return _refused(401, "no fresh timestamp")
        if not request.headers.get("X-Slack-Signature", "").startswith("v0="):
            return _refused(401, "no signature")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return _refused(400, "not UTF-8")
        headers = {name: value for name, value in request.headers.items()}  # noqa: C416 - a plain dict, for Bolt
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
