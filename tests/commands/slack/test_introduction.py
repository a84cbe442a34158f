"""Who we are in Slack: a token that never works is final and one line; a Slack in trouble is only away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack import slack_client
from bot.sandbox.workspace import Workspace
from commands.slack.introduction import FATAL, SlackAway, StartRefused, introduce, may_connect

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def slack() -> AsyncIterator[tuple[Workspace, AsyncWebClient]]:
    workspace = Workspace(seed=1)
    await workspace.start()
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        yield workspace, client
    await workspace.stop()


@pytest.mark.parametrize("code", sorted(FATAL))
async def test_a_token_that_never_works_is_one_line_with_the_setting_to_mend(code: str) -> None:
    """At the start, and when a connection doesn't open any more."""
    async with slack() as (workspace, client):
        workspace.refuse("auth.test", code)
        workspace.refuse("apps.connections.open", code)
        for asking, setting in ((introduce(client), "BOT"), (may_connect(client, workspace.app_token), "APP")):
            with pytest.raises(StartRefused) as refused:
                await asking
            assert not isinstance(refused.value, SlackAway)
            assert f"({code}); mend SLACK_{setting}_TOKEN" in str(refused.value)
            assert "\n" not in str(refused.value)


@pytest.mark.parametrize("code", ["ratelimited", "internal_error", "fatal_error", "service_unavailable", "brand_new"])
async def test_a_slack_in_trouble_is_no_reason_not_to_start(code: str) -> None:
    """Live rollouts must be guarded through it (law 2): Perch starts, and the doors open later."""
    async with slack() as (workspace, client):
        workspace.refuse("auth.test", code, status=429 if code == "ratelimited" else 200, retry_after=30)
        with pytest.raises(SlackAway) as away:
            await introduce(client)
        assert code in str(away.value)


async def _page(_: web.Request) -> web.Response:
    return web.Response(text="<html>Bad gateway</html>", content_type="text/html", status=502)


async def _text(_: web.Request) -> web.Response:
    return web.Response(text="upstream connect error")


async def _half(_: web.Request) -> web.Response:
    return web.Response(text='{"ok": tr', content_type="application/json")


@pytest.mark.parametrize("answer", [_page, _text, _half])
async def test_a_page_in_place_of_slacks_answer_is_only_away_too(
    answer: Callable[[web.Request], Awaitable[web.Response]],
) -> None:
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    async with TestServer(app) as server, slack_client("xoxb-x", str(server.make_url("/api/"))) as client:
        with pytest.raises(SlackAway):
            await introduce(client)
