"""How a story begins: a world, settings as on a server, and Perch over them from start to stop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from bot.app import Perch, open_perch
from bot.sandbox.world import World
from bot.settings import read_settings
from tests.scenarios import quick
from tests.scenarios.story import Story
from tests.sqlite import sqlite_in

Tell = Callable[[Story], Awaitable[None]]


@asynccontextmanager
async def new_story(folder: Path, *, signed_http: bool = False, **changes: Any) -> AsyncIterator[Story]:
    """A story over an empty database, with the quick plan and these changes to it."""
    write_plan(folder, quick.plan(**changes))
    async with World() as world:
        environment = settings_of(world, folder, signed_http=signed_http)
        async with running(environment) as perch:
            if signed_http:
                await world.workspace.deliver_over_http(f"{perch.address}/slack/events")
            yield Story(world, perch, environment)


async def side_by_side(folder: Path, stories: Mapping[str, Tell], **changes: Any) -> None:
    """Several stories with the same plan at the same time, each with a Perch of its own: they mostly wait."""
    async with AsyncExitStack() as stack:
        opened = []
        for name, tell in stories.items():
            own = folder / name
            own.mkdir()
            # One after the other: Alembic upgrades one database at a time.
            opened.append((name, tell, await stack.enter_async_context(new_story(own, **changes))))
        async with asyncio.TaskGroup() as group:
            for name, tell, story in opened:
                group.create_task(_named(tell(story), name))


async def _named(telling: Awaitable[None], name: str) -> None:
    try:
        await telling
    except BaseException as failed:
        failed.add_note(f"in the story {name}")
        raise


def write_plan(folder: Path, plan: Mapping[str, Any]) -> None:
    """Put a plan into the plans folder."""
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "plans" / f"{plan['name']}.yaml").write_text(yaml.safe_dump(dict(plan), sort_keys=False))


def settings_of(world: World, folder: Path, *, signed_http: bool = False) -> dict[str, str]:
    """Perch's environment, as on a server."""
    workspace = world.workspace
    return {
        **os.environ,
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": "" if signed_http else workspace.app_token,
        "SLACK_SIGNING_SECRET": workspace.signing_secret,
        "SLACK_API_URL": workspace.api_url,
        "SANDBOX_SERVICE_URL": world.service.url,
        "PERCH_PLANS": str(folder / "plans"),
        "DATABASE_URL": sqlite_in(folder),
        "PERCH_STATE": str(folder / "state"),
        "PORT": "0",
    }


@asynccontextmanager
async def running(environment: Mapping[str, str]) -> AsyncIterator[Perch]:
    """Perch from start to stop, as `perch run` has it."""
    perch = await open_perch(read_settings(environment), environment)
    try:
        await perch.start()
        yield perch
    finally:
        await perch.stop()
