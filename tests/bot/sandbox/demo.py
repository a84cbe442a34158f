"""A small Bolt app, and the few blocks that tests send."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.waiting import HANGS_S

LIVE = "#canary-live"
Json = dict[str, Any]


class Clock:
    """Seconds since 1970 that move only when told."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def client_for(workspace: Workspace, token: str | None = None) -> AsyncWebClient:
    """A client that shows this token, by default the bot's."""
    shown = workspace.bot_token if token is None else token
    return AsyncWebClient(token=shown, base_url=workspace.api_url, retry_handlers=[])


def channel_id(workspace: Workspace, name: str = LIVE) -> str:
    """The id of a channel."""
    return workspace.channel(name).id


class Demo:
    """A Bolt app that answers one of everything, and remembers what it heard."""

    def __init__(self, client: AsyncWebClient, signing_secret: str) -> None:
        logger = logging.getLogger("demo")
        logger.setLevel(logging.CRITICAL)
        self.app = AsyncApp(client=client, signing_secret=signing_secret, logger=logger)
        self.heard: list[Json] = []
        self._hears = asyncio.Condition()
        self.app.command("/canary")(self._command)
        self.app.action("approve")(self._approve)
        self.app.action("more")(self._more)
        self.app.action("press")(self._press)
        self.app.event("reaction_added")(self._event)
        self.app.event("reaction_removed")(self._event)
        self.app.event("app_home_opened")(self._home)
        self.app.view("reason")(self._submitted)
        self.app.view_closed("reason")(self._closed)

    async def until_heard(self, times: int) -> list[Json]:
        """What was heard, once it is this much."""
        async with asyncio.timeout(HANGS_S), self._hears:
            await self._hears.wait_for(lambda: len(self.heard) >= times)
        return self.heard

    async def _hear(self, body: Json) -> None:
        async with self._hears:
            self.heard.append(body)
            self._hears.notify_all()

    async def _command(self, ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await self._hear(body)
        verb = body["text"].partition(" ")[0]
        if verb == "help":
            await ack("You can say start")
        elif verb == "announce":
            await ack(response_type="in_channel", text="Hear, hear")
        elif verb == "start":
            await ack()
            await client.chat_postMessage(channel=body["channel_id"], text="Started", blocks=_gate())
        elif verb == "ask":
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=_modal())

    async def _approve(self, ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await self._hear(body)
        await ack()
        channel, ts = body["channel"]["id"], body["message"]["ts"]
        await client.chat_update(channel=channel, ts=ts, text="Approved", blocks=[])

    async def _press(self, ack: AsyncAck, body: Json) -> None:
        await self._hear(body)
        await ack()

    async def _closed(self, ack: AsyncAck, body: Json) -> None:
        await self._hear(body)
        await ack()

    async def _more(self, ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await self._hear(body)
        await ack()
        await respond(f"You chose {body['actions'][0]['selected_option']['value']}", replace_original=False)

    async def _event(self, body: Json) -> None:
        await self._hear(body)

    async def _home(self, body: Json, event: Json, client: AsyncWebClient) -> None:
        await self._hear(body)
        if event["tab"] == "home":
            await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section("Home")]})

    async def _submitted(self, ack: AsyncAck, view: Json) -> None:
        await self._hear(view)
        reason = view["state"]["values"]["why"]["reason"]["value"]
        if len(reason) < 5:
            await ack(response_action="errors", errors={"why": "Say a little more"})
        else:
            await ack()


@asynccontextmanager
async def connection(workspace: Workspace) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A bare Socket Mode connection that has been greeted."""
    async with aiohttp.ClientSession() as session, session.ws_connect(await new_url(workspace)) as socket:
        hello = await socket.receive_json()
        assert hello["type"] == "hello"
        yield socket


async def new_url(workspace: Workspace) -> str:
    """An address for one Socket Mode connection."""
    client = client_for(workspace, workspace.app_token)
    return str((await client.apps_connections_open(app_token=workspace.app_token))["url"])


def section(text: str) -> Json:
    """A section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str, text: str = "Press", value: str = "v") -> Json:
    """A button element."""
    return {"type": "button", "action_id": action_id, "value": value, "text": plain(text)}


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def _gate() -> list[Json]:
    options = [{"text": plain(name), "value": name} for name in ("why", "evidence")]
    overflow = {"type": "overflow", "action_id": "more", "options": options}
    return [section("*Gate* is open"), {"type": "actions", "elements": [button("approve", value="r1"), overflow]}]


def _modal() -> Json:
    element = {"type": "plain_text_input", "action_id": "reason"}
    inputs = [{"type": "input", "block_id": "why", "label": plain("Why?"), "element": element}]
    return {
        "type": "modal",
        "callback_id": "reason",
        "notify_on_close": True,
        "title": plain("Reason"),
        "submit": plain("Send"),
        "blocks": inputs,
    }
