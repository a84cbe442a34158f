"""The Slack side over real sockets: a workspace with people, Perch's door, worker and sender, the whole engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from adapters.notify.slack import SlackMessenger, slack_client
from bot.engine.outbox import Sender
from bot.engine.pace import Pace
from bot.engine.saying import Sayer
from bot.engine.spreading import Spreading
from bot.sandbox.workspace import Workspace
from bot.wording import say
from commands.slack.bolt import Door
from commands.slack.intake import Intake
from commands.slack.introduction import introduce
from commands.slack.signed import PATH, signed_requests
from commands.slack.sockets import Sockets
from commands.slack.worker import Worker
from tests.commands.slack.shaky import ShakyInbox, ShakyOutbox, a_patient_intake
from tests.far_side import served
from tests.rig import Rig, rig
from tests.waiting import HANGS_S, stopped

CHANNEL = "#canary-live"
BRISK = Pace(posts_per_s=1000, post_burst=1000, edits_per_s=1000, edit_burst=1000, edit_gap=timedelta(0))


@dataclass
class Town:
    """People act through `workspace`; `story` moves the clock and the world."""

    workspace: Workspace
    story: Rig
    intake: Intake
    messenger: SlackMessenger
    door: Door
    inbox: ShakyInbox
    outbox: ShakyOutbox
    worker: Worker

    async def types(self, who: str, line: str) -> dict[str, Any]:
        """Type a command, and read the ephemeral answer to it."""
        before = len(self.workspace.ephemerals(who, CHANNEL))
        outcome = await self.workspace.command(who, CHANNEL, line)
        assert outcome.acked, outcome.error
        return await self.whispered(who, before)

    async def whispered(self, who: str, before: int) -> dict[str, Any]:
        """The next ephemeral message after the first `before` ones."""

        def newest() -> dict[str, Any] | None:
            there = self.workspace.ephemerals(who, CHANNEL)
            return dict(there[-1]) if len(there) > before else None

        return await self.workspace.until(newest)

    async def status(self, has: str = "") -> dict[str, Any]:
        """The status message, once its text holds `has`."""
        return await self.message_with("overflow", has)

    async def message_with(self, control: str, has: str = "") -> dict[str, Any]:
        """A message of the channel with such a control or block in it, once its text holds `has`."""

        def found() -> dict[str, Any] | None:
            for message in reversed(self.workspace.messages(CHANNEL)):
                if control in str(message.get("blocks", "")) and has in message["text"]:
                    return dict(message)
            return None

        return await self.workspace.until(found)

    async def thread_has(self, ts: str, text: str) -> dict[str, Any]:
        """A reply under a message whose text holds `text`."""

        def found() -> dict[str, Any] | None:
            for message in self.workspace.thread(CHANNEL, ts):
                if text in message["text"] and message["ts"] != ts:
                    return dict(message)
            return None

        return await self.workspace.until(found)


@asynccontextmanager
async def town(folder: Path, *, signed: bool = False, plan: dict[str, Any] | None = None) -> AsyncIterator[Town]:
    """A town with Perch in it, over Socket Mode or signed HTTP."""
    async with AsyncExitStack() as stack:
        stack.enter_context(a_patient_intake())
        workspace = Workspace(seed=1, enforce_rate_limits=False, ack_within_s=HANGS_S)
        await workspace.start()
        stack.push_async_callback(workspace.stop)
        story = await stack.enter_async_context(rig(folder, plan))
        for name, groups in {"ana": {"@sre"}, "ben": {"@sre", "@leads"}, "cleo": {"@leads"}, "dev": set[str]()}.items():
            story.people.groups[workspace.person(name).id] = groups
        client = await stack.enter_async_context(slack_client(workspace.bot_token, workspace.api_url))
        messenger, engine = SlackMessenger(client), story.engine
        loop = asyncio.get_running_loop()
        began = loop.time()

        def later() -> datetime:
            return story.now + timedelta(seconds=loop.time() - began)

        spreading = Spreading(story.people, engine.outbox, later)
        known = (engine.rollouts, engine.ledger.plan_of)
        sayer = Sayer(engine.outbox, messenger, *known, say, later, spreading=spreading)
        sender = Sender(engine.outbox, sayer, later, BRISK)
        engine.ledger.on_saved.append(lambda _: sender.wake())
        inbox, outbox = ShakyInbox(engine.inbox), ShakyOutbox(engine.outbox)
        worker = Worker(inbox, outbox, engine.desk, messenger, lambda: story.now, wake_sender=sender.wake)
        intake = Intake(inbox, worker)
        door = Door(
            intake,
            worker,
            client,
            await introduce(client),
            lambda: story.now,
            lambda user: None,
            signing_secret=workspace.signing_secret if signed else "",
        )
        for run in (sender.run(), worker.run()):
            stack.push_async_callback(stopped, asyncio.create_task(run))
        if signed:
            await workspace.deliver_over_http(await _served(stack, door))
        else:
            sockets = Sockets(door.app, client, workspace.app_token, lambda: datetime.now(UTC))
            stack.push_async_callback(stopped, asyncio.create_task(sockets.run()))
            async with asyncio.timeout(HANGS_S):
                await sockets.ready.wait()
        yield Town(workspace, story, intake, messenger, door, inbox, outbox, worker)


async def _served(stack: AsyncExitStack, door: Door) -> str:
    app = web.Application()
    app.router.add_post(PATH, signed_requests(door.app, lambda: datetime.now(UTC)))
    return await stack.enter_async_context(served(app)) + PATH
