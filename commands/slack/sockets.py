"""Socket Mode: two connections on one app, and a watchdog.

One connection isn't enough: Bolt's closes the old socket before it has a new one, and a session may die silently, alive
by all signs and deaf. So there are two, started apart; each is looked at every few seconds, and where one is suspicious
a new handler takes its place (an old one isn't used again). Envelopes reach either; the inbox keeps each once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Clock
from commands.slack.introduction import SlackAway, StartRefused, may_connect

log = logging.getLogger(__name__)

CONNECTIONS = 2
APART_S = 2.0
WATCH_EVERY_S = 5.0
PING_EVERY_S = 10.0
SILENT = timedelta(seconds=45)
"""Pings come back every ten seconds; nothing heard for this long is a dead line. Quiet channels don't count."""
CONNECT_WITHIN_S = 10.0
AGAIN_MOST_S = 60.0
"""The longest pause between two tries to connect."""


class Line:
    """One connection, and when it was last heard."""

    def __init__(self, app: AsyncApp, client: AsyncWebClient, app_token: str, clock: Clock) -> None:
        self._clock = clock
        self.heard_at: datetime = clock()
        quiet = logging.getLogger("slack_sdk.socket_mode")
        quiet.setLevel(logging.CRITICAL)
        self._handler = AsyncSocketModeHandler(
            app, app_token, logger=quiet, web_client=client, ping_interval=PING_EVERY_S
        )
        self._handler.client.on_message_listeners.append(self._heard)
        self._pinged: float | None = None

    async def open(self) -> None:
        """Connect; TimeoutError where it doesn't work in time (the library itself would try for ever)."""
        async with asyncio.timeout(CONNECT_WITHIN_S):
            await self._handler.connect_async()  # type: ignore[no-untyped-call]
        self.heard_at = self._clock()

    async def close(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self._handler.close_async()  # type: ignore[no-untyped-call]
        except (TimeoutError, ClientError, OSError, RuntimeError) as fault:
            log.warning("a Slack connection didn't close cleanly: %s", type(fault).__name__)

    async def suspicious(self) -> str:
        """Why this line shouldn't be trusted, or ""."""
        pinged = self._handler.client.last_ping_pong_time
        if pinged is not None and pinged != self._pinged:
            self._pinged, self.heard_at = pinged, self._clock()
        if not await self._handler.client.is_connected():
            return "it isn't connected"
        silent = self._clock() - self.heard_at
        return f"nothing was heard for {silent.total_seconds():.0f} s" if silent > SILENT else ""

    async def _heard(self, message: Any) -> None:
        self.heard_at = self._clock()


class Sockets:
    """Both lines. `connected` is for /readyz."""

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        app_token: str,
        clock: Clock,
        *,
        apart_s: float = APART_S,
        watch_s: float = WATCH_EVERY_S,
        renewed: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`renewed` is called when a line stands again after one that may have been deaf."""
        self._renewed = renewed
        self._app, self._client, self._app_token, self._clock = app, client, app_token, clock
        self._apart_s, self._watch_s = apart_s, watch_s
        self._lines: list[Line | None] = [None] * CONNECTIONS
        self.ready = asyncio.Event()
        """Set when the first line stands."""
        self.fault = ""
        """Why no further line opens, on one line; "" while they do."""

    async def run(self) -> None:
        """Connect, watch, and close at the end. Raises StartRefused for a token that will never work."""
        await self._begin()
        try:
            async with asyncio.TaskGroup() as lines:
                for place in range(CONNECTIONS):
                    lines.create_task(self._keep(place), name=f"slack line {place}")
        finally:
            await asyncio.gather(*(line.close() for line in self._lines if line is not None))

    async def _begin(self) -> None:
        """Wait until Slack may be connected to at all. Raises StartRefused for a token that will never work."""
        while True:
            try:
                await may_connect(self._client, self._app_token)
            except SlackAway as away:
                self._note(str(away))
                await asyncio.sleep(self._watch_s)
            else:
                return

    @property
    def connected(self) -> int:
        """How many lines stand, as far as is known."""
        return sum(line is not None for line in self._lines)

    async def _keep(self, place: int) -> None:
        await asyncio.sleep(place * self._apart_s)
        failed, first = 0, True
        while True:
            await self._renew(place)
            line = self._lines[place]
            if line is None:
                await asyncio.sleep(min(self._watch_s * 2**failed, AGAIN_MOST_S))
                failed, first = min(failed + 1, 10), False
                continue
            if not first and self._renewed is not None:
                await self._renewed()
            failed, first = 0, False
            log.warning("Slack connection %s is replaced: %s", place + 1, await self._watched(line))

    async def _renew(self, place: int) -> None:
        """A new handler in this place; the old one goes when the new one stands."""
        fresh, old = Line(self._app, self._client, self._app_token, self._clock), self._lines[place]
        try:
            await fresh.open()
        except asyncio.CancelledError:
            await fresh.close()
            raise
        except (TimeoutError, SlackClientError, ClientError, OSError) as fault:
            log.warning("Slack connection %s doesn't open (%s); trying again", place + 1, type(fault).__name__)
            await fresh.close()
            self._lines[place] = None
            await self._ask_why()
        else:
            self._lines[place] = fresh
            self.fault = ""
            self.ready.set()
        if old is not None:
            await old.close()

    async def _ask_why(self) -> None:
        """The library tries a revoked token for ever without a word: ask Slack, and say it in one line."""
        try:
            await may_connect(self._client, self._app_token)
        except StartRefused as refused:
            self._note(str(refused))

    def _note(self, fault: str) -> None:
        if fault != self.fault:
            log.error("%s Checks and ways down go on; nobody can click meanwhile.", fault)
        self.fault = fault

    async def _watched(self, line: Line) -> str:
        """Look at a line until there is something wrong with it; returns what."""
        while True:
            if why := await line.suspicious():
                return why
            await asyncio.sleep(self._watch_s)
