"""A process's web door over real HTTP, and the worker behind it over the rig's engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from aiohttp import web

from commands.slack.worker import Worker
from commands.web.health import Standing
from tests.bot.engine.test_outbox import FakeMessenger
from tests.commands.slack.shaky import ShakyInbox
from tests.rig import Rig


@asynccontextmanager
async def knocking(app: web.Application) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who asks it."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=15) as client:
            yield client
    finally:
        await runner.cleanup()


@asynccontextmanager
async def at_work(story: Rig, desk: Any) -> AsyncIterator[tuple[ShakyInbox, Worker]]:
    """A worker for `desk`, and its inbox."""
    inbox = ShakyInbox(story.engine.inbox)
    worker = Worker(inbox, story.engine.outbox, desk, FakeMessenger(), lambda: story.now, wake_sender=lambda: None)
    running = asyncio.create_task(worker.run())
    try:
        yield inbox, worker
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def all_well() -> Standing:
    return Standing()
