"""How Slack's requests come in: Socket Mode, or signed HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

from aiohttp import ClientError, ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from commands.slack.introduction import StartRefused, may_connect
from commands.terminal.doctor.findings import Finding, bad, note, ok

ANSWER_S = 5.0
_SECRET = re.compile(r"[0-9a-f]{32}")


async def door(client: AsyncWebClient, settings: Settings) -> AsyncIterator[Finding]:
    """Whether requests can come in, as far as that can be seen from here."""
    if settings.socket_mode:
        async for finding in _socket_mode(client, settings):
            yield finding
    elif settings.slack_signing_secret.get_secret_value():
        yield _signed(settings)
    else:
        yield bad(
            "requests", "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set; set one of them (docs/slack.md)"
        )
    if re.fullmatch(r"/\S+", settings.slack_command):
        yield note(
            "command",
            f"Slack tells no app which commands it has: type {settings.slack_command} help in a channel; an answer "
            "means that all is well",
        )
    else:
        yield bad("command", "PERCH_COMMAND is no slash command; it begins with / and has no space: /canary")


async def _socket_mode(client: AsyncWebClient, settings: Settings) -> AsyncIterator[Finding]:
    try:
        address = await may_connect(client, settings.slack_app_token.get_secret_value())
    except StartRefused as refused:
        yield bad("app token", str(refused))
        return
    yield ok("app token", "works; Socket Mode may connect")
    yield await reachable(client, address)


async def reachable(client: AsyncWebClient, address: str) -> Finding:
    """The sockets' host is another one than the Web API's. A plain request: a further connection would get requests."""
    parts = urlsplit(address)
    page = urlunsplit(("https" if parts.scheme == "wss" else "http", parts.netloc, "/", "", ""))
    try:
        async with asyncio.timeout(ANSWER_S), _session(client).get(page, proxy=client.proxy):
            return ok("Socket Mode", f"{parts.hostname} can be reached")
    except (TimeoutError, ClientError, OSError) as fault:
        return bad(
            "Socket Mode",
            f"{parts.hostname} can't be reached ({type(fault).__name__}); let this machine connect to wss-*.slack.com "
            "on port 443, through the proxy or firewall",
        )


def _session(client: AsyncWebClient) -> ClientSession:
    if client.session is None:
        raise TypeError("the client has no session of its own; slack_client gives it one")
    return client.session


def _signed(settings: Settings) -> Finding:
    what, page = "HTTP mode", "api.slack.com/apps → Basic Information → Signing Secret"
    if not _SECRET.fullmatch(settings.slack_signing_secret.get_secret_value()):
        return bad(what, f"SLACK_SIGNING_SECRET isn't one: those are 32 of 0-9 and a-f; copy it again from {page}")
    return ok(
        what,
        f"the signing secret is set. Slack must reach https://YOUR-HOST/slack/events, which leads to port "
        f"{settings.port} here; whether it does, Slack says at Event Subscriptions: Verified",
    )
