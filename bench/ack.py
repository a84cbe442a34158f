"""From a request of Slack's until its acknowledgement, beside Bolt's app with a handler that does nothing but ack.

In process: the very request that HTTP mode hands to `async_dispatch`, signature included. Over Socket Mode: two
workspaces, one with Perch behind it and one with the bare app.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from adapters.notify.slack.messenger import SlackMessenger
from bench import fleet
from bench.effort import Effort
from bench.engine import Clock, open_engine
from bench.rows import Row, p99
from bot.sandbox.workspace import Workspace
from bot.sandbox.world import World
from commands.slack.bolt import Door
from commands.slack.intake import Intake
from commands.slack.introduction import Identity
from commands.slack.worker import Worker
from commands.terminal.playground import CHANNEL, open_playground

RATIO = 1.5
SECRET = "bench"
IDENTITY = Identity("T1", "U1", "B1")
BLOCKS = 4
"""The sides take turns so many times, so that what else the machine does meets both."""
REST_S = 0.02
"""Between two requests: people don't click faster, and what the last one set going comes to its end."""
Request = dict[str, str]


async def measure(effort: Effort) -> list[Row]:
    """A command and a click in process, and a command over Socket Mode."""
    return [*await _in_process(effort.requests), await _over_sockets(effort.requests)]


async def _in_process(requests: int) -> list[Row]:
    rows = []
    with TemporaryDirectory() as folder:
        async with _perch(Path(folder)) as perch:
            bare, numbers = _bare(_nameless()), count()
            for what, form in (("command", _command), ("button", _click)):
                ours: list[float] = []
                theirs: list[float] = []
                for _ in range(BLOCKS):
                    theirs += [await _dispatch(bare, form(next(numbers))) for _ in range(requests // BLOCKS)]
                    ours += [await _dispatch(perch, form(next(numbers))) for _ in range(requests // BLOCKS)]
                rows.append(_row(f"{what} → ack, signed HTTP in process", ours, theirs))
    return rows


def _row(what: str, ours: list[float], theirs: list[float]) -> Row:
    return Row(f"{what}, p99", p99(ours), beside=p99(theirs), client="empty Bolt handler", ratio=RATIO)


async def _dispatch(app: AsyncApp, form: Request) -> float:
    body, now = urlencode(form), str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=now, body=body)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": signature or "",
    }
    began = time.perf_counter()
    answer = await app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(headers)))
    took = time.perf_counter() - began
    if answer.status != 200:
        raise RuntimeError(f"answered {answer.status}")
    await asyncio.sleep(REST_S)
    return took


@asynccontextmanager
async def _perch(folder: Path) -> AsyncIterator[AsyncApp]:
    """Perch's door with everything behind it but Slack: inbox, worker, desk, and a rollout to ask about."""
    clock = Clock()
    async with open_engine(folder, clock) as engine:
        await fleet.launch(engine.rollouts, [fleet.plan("asked", "http://127.0.0.1:9")])
        client = _nameless()
        messenger = SlackMessenger(client)
        worker = Worker(engine.inbox, engine.outbox, engine.desk, messenger, clock, wake_sender=lambda: None)
        working = asyncio.create_task(worker.run())
        intake = Intake(engine.inbox, worker)
        yield Door(intake, worker, client, IDENTITY, clock, lambda user: None, signing_secret=SECRET).app
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _nameless() -> AsyncWebClient:
    return AsyncWebClient(base_url="http://127.0.0.1:9/api/")


def _bare(client: AsyncWebClient) -> AsyncApp:
    """What anybody would write first: an app that acknowledges, and does nothing else."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="U1", bot_id="B1", bot_token="xoxb-1")

    async def nothing(ack: AsyncAck) -> None:
        await ack()

    app = AsyncApp(signing_secret=SECRET, client=client, authorize=authorize)
    app.command("/canary")(nothing)
    app.action(re.compile(".*"))(nothing)
    return app


def _command(number: int) -> Request:
    return {
        "command": "/canary",
        "text": "why asked",
        "user_id": "U01ANA0001",
        "user_name": "ana",
        "channel_id": "C1",
        "team_id": "T1",
        "trigger_id": f"1.{number}",
        "response_url": "http://127.0.0.1:9/response",
    }


def _click(number: int) -> Request:
    action = {"type": "button", "action_id": "why", "block_id": "b", "value": "asked-1:0:1", "action_ts": f"1.{number}"}
    payload = {
        "type": "block_actions",
        "user": {"id": "U01ANA0001", "username": "ana", "team_id": "T1"},
        "team": {"id": "T1"},
        "channel": {"id": "C1"},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C1"},
        "trigger_id": f"2.{number}",
        "actions": [action],
    }
    return {"payload": json.dumps(payload)}


async def _over_sockets(requests: int) -> Row:
    ours: list[float] = []
    theirs: list[float] = []
    async with open_playground(0) as playground, _bare_world() as world:
        await _commands(world.workspace, 1)
        for _ in range(BLOCKS):
            theirs += await _commands(world.workspace, requests // BLOCKS)
            ours += await _commands(playground.world.workspace, requests // BLOCKS)
    return _row("command → ack, Socket Mode", ours, theirs)


@asynccontextmanager
async def _bare_world() -> AsyncIterator[World]:
    async with World() as world:
        client = AsyncWebClient(base_url=world.workspace.api_url)
        handler = AsyncSocketModeHandler(_bare(client), world.workspace.app_token, web_client=client)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        try:
            yield world
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]


async def _commands(workspace: Workspace, number: int) -> list[float]:
    took = []
    for _ in range(number):
        outcome = await workspace.command("ana", CHANNEL, "/canary list")
        if not outcome.acked:
            raise RuntimeError(f"not acknowledged: {outcome.error}")
        took.append(outcome.after_s)
        await asyncio.sleep(REST_S)
    return took
