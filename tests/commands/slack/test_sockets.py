"""Two connections and a watchdog (S7): what dies, silently or not, is replaced, and what was missed is looked up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from slack_bolt.app.async_app import AsyncApp

from adapters.notify.slack import slack_client
from bot.sandbox.workspace import Workspace
from commands.slack.introduction import StartRefused
from commands.slack.sockets import CONNECTIONS, Sockets
from tests.rig import START
from tests.scenarios.story import eventually

pytestmark = pytest.mark.anyio


@dataclass
class Scene:
    workspace: Workspace
    sockets: Sockets
    running: asyncio.Task[None]
    now: list[datetime]
    renewed: list[datetime] = field(default_factory=list)


@asynccontextmanager
async def scene(*, before: str = "", times: int = 1) -> AsyncIterator[Scene]:
    """`before` is what apps.connections.open answers at first."""
    workspace = Workspace(seed=1)
    await workspace.start()
    if before:
        workspace.refuse("apps.connections.open", before, times=times)
    now, renewed = [START], list[datetime]()

    async def note() -> None:
        renewed.append(now[0])

    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        app = AsyncApp(client=client, signing_secret="", request_verification_enabled=False)
        sockets = Sockets(app, client, workspace.app_token, lambda: now[0], apart_s=0.0, watch_s=0.02, renewed=note)
        task = asyncio.create_task(sockets.run())
        try:
            yield Scene(workspace, sockets, task, now, renewed)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, StartRefused):
                await task
    await workspace.stop()


async def both(here: Scene) -> None:
    await here.workspace.until(lambda: here.workspace.connected == CONNECTIONS)
    await eventually(lambda: _is(here.sockets.connected == CONNECTIONS), "both lines stand")


async def _is(true: bool) -> bool:
    return true


async def test_lines_that_die_without_a_word_are_replaced_and_what_was_missed_is_looked_up() -> None:
    """No close frame, no pings: alive by all signs, and deaf."""
    async with scene() as here:
        await both(here)
        assert here.renewed == []
        here.workspace.mute_sockets()
        opened = len(here.workspace.calls("apps.connections.open"))
        here.now[0] += timedelta(seconds=46)
        await eventually(lambda: _is(len(here.renewed) >= CONNECTIONS), "both lines are replaced")
        assert len(here.workspace.calls("apps.connections.open")) >= opened + CONNECTIONS
        assert here.sockets.connected == CONNECTIONS


async def test_a_quiet_channel_is_no_dead_line() -> None:
    """Short of the limit nothing is replaced, however little is said."""
    async with scene() as here:
        await both(here)
        opened = len(here.workspace.calls("apps.connections.open"))
        here.now[0] += timedelta(seconds=40)
        for _ in range(5):
            await asyncio.sleep(0.02)
        assert len(here.workspace.calls("apps.connections.open")) == opened


@pytest.mark.parametrize("trouble", ["internal_error", "ratelimited", "service_unavailable"])
async def test_a_slack_in_trouble_at_the_first_connection_is_waited_for(trouble: str) -> None:
    async with scene(before=trouble, times=3) as here:
        await both(here)
        assert not here.running.done()
        assert here.sockets.fault == ""


async def test_a_token_that_is_revoked_at_run_time_is_said_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """The library tries for ever without a word. Perch goes on, and /readyz has the reason."""
    async with scene() as here:
        await both(here)
        caplog.clear()
        caplog.set_level(logging.ERROR)
        here.workspace.revoke_token()
        await here.sockets._ask_why()
        await here.sockets._ask_why()
        assert here.sockets.fault.startswith(
            "Slack refused apps.connections.open: the token was revoked (token_revoked)"
        )
        assert [record.message.count("SLACK_APP_TOKEN") for record in caplog.records] == [1]
        assert not here.running.done()


async def test_a_token_that_never_works_ends_the_first_connection() -> None:
    async with scene(before="invalid_auth") as here:
        with pytest.raises(StartRefused, match="SLACK_APP_TOKEN"):
            await here.running
