"""A workspace, a service and Perch, all on this machine: what `perch sandbox` starts and the script plays on.

Perch itself is unmodified: it gets settings from an environment, as on a server, and talks to the two over HTTP and
WebSocket.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import bot.sandbox
from bot.app import Perch, open_perch
from bot.sandbox.world import World
from bot.settings import read_settings
from commands.slack import VERBS
from storage.signing import new_key

PLAN = "materializers"
CHANNEL = "#canary-live"
PLANS = Path(bot.sandbox.__path__[0]) / "plans"
START = f"/canary start {PLAN} 1%"
USUAL_PORT = 8000
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True, slots=True)
class Playground:
    """All that runs; `folder` holds Perch's database, kill cards and plans, and goes when it ends."""

    world: World
    perch: Perch
    folder: Path


@asynccontextmanager
async def open_playground(port: int | None = None, plans: Path = PLANS) -> AsyncIterator[Playground]:
    """Start everything, and stop everything. Without a port the usual one is taken, or a free one if that's in use.

    Raises OSError when the port that was asked for is taken, and what starting Perch raises.
    """
    _without_proxies()
    with TemporaryDirectory(prefix="perch-sandbox-") as name:
        folder = Path(name)
        own_plans = copytree(plans, folder / "plans")
        async with _world(port) as world:
            # A key of its own, for as long as it lasts: visitors see a record that is signed.
            environment = {**environment_for(world, folder, own_plans), "PERCH_SIGNING_KEY": new_key()}
            perch = await open_perch(read_settings(environment), environment)
            try:
                await perch.start()
                world.service.follow(perch.address, partial(_name_versions, own_plans / f"{PLAN}.yaml"))
                yield Playground(world, perch, folder)
            finally:
                await perch.stop()


@asynccontextmanager
async def _world(port: int | None) -> AsyncIterator[World]:
    completions = [START, *(f"/canary {verb} {PLAN}" for verb in VERBS if verb not in ("start", "help", "list"))]
    completions += ["/canary list", "/canary help"]
    world = World(port=USUAL_PORT if port is None else port, completions=completions)
    try:
        await world.__aenter__()
    except OSError:
        if port is not None:
            raise
        world = World(port=0, completions=completions)
        await world.__aenter__()
    try:
        yield world
    finally:
        await world.__aexit__(None, None, None)


def environment_for(world: World, folder: Path, plans: Path = PLANS) -> Mapping[str, str]:
    """What a Perch needs to live in this world, with its files in `folder`."""
    workspace = world.workspace
    return {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_SIGNING_SECRET": workspace.signing_secret,
        "SLACK_API_URL": workspace.api_url,
        "SANDBOX_SERVICE_URL": world.service.url,
        "PERCH_PLANS": str(plans),
        "DATABASE_URL": f"sqlite:///{folder / 'perch.db'}",
        "PERCH_STATE": str(folder / "state"),
        "PORT": "0",
    }


def _name_versions(plan: Path, new: str, stable: str) -> None:
    """What the commit that ships a version changes in its plan: the values of its flag."""
    text = re.sub(r"canary: v\d+, stable: v\d+", f"canary: {new}, stable: {stable}", plan.read_text(encoding="utf-8"))
    beside = plan.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(plan)


def _without_proxies() -> None:
    """Slack's client would send even loopback calls to a proxy that the environment names."""
    for name in PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
