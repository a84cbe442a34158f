"""Where a measure takes place: a workspace to talk to, a folder on the disk, and Perch as people run it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from adapters.notify.slack.client import slack_client
from adapters.notify.slack.messenger import SlackMessenger
from bench import fleet
from bot.assembly import utc_now
from bot.domain.rollout import Rollout
from bot.ports import Said
from bot.sandbox.world import World
from commands.terminal.playground import CHANNEL, environment_for
from storage.database import open_database
from storage.outbox import SqlOutbox
from storage.rollouts import SqlRollouts

STARTS_WITHIN_S = 60.0
MANY = 10_000


@dataclass(frozen=True, slots=True)
class Scene:
    """A world and Perch's settings in it; nothing of Perch runs yet."""

    world: World
    folder: Path
    environment: Mapping[str, str]

    @property
    def database_file(self) -> Path:
        return self.folder / "perch.db"


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """A fresh world. Its rate limits are off, for the sake of setting up; Perch keeps its own pace all the same."""
    with TemporaryDirectory(prefix="perch-bench-") as name:
        folder = Path(name)
        (folder / "plans").mkdir()
        async with World(enforce_rate_limits=False) as world:
            yield Scene(world, folder, environment_for(world, folder, folder / "plans"))


async def launch(scene: Scene, trees: Sequence[fleet.Tree]) -> list[Rollout]:
    """A fleet in the scene's database, as an earlier Perch would have left it: status messages posted and known."""
    database = await open_database(scene.environment["DATABASE_URL"])
    try:
        rollouts = await fleet.launch(SqlRollouts(database, utc_now), trees)
        await _post(scene.world, SqlOutbox(database))
    finally:
        await database.aclose()
    return rollouts


async def _post(world: World, outbox: SqlOutbox) -> None:
    """Post everything that waits, without Perch's pace, which would take a thousand seconds for a thousand."""
    workspace = world.workspace
    channel = workspace.channel(CHANNEL).id
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        messenger = SlackMessenger(client)
        for queued in await outbox.due(utc_now(), MANY):
            posted = await messenger.post(
                channel, Said("to come"), thread="", broadcast=False, mark=queued.outgoing.key
            )
            await outbox.said(queued.number, posted, utc_now())


@dataclass(frozen=True, slots=True)
class Running:
    """A `perch run` of its own; `began` is when its process was started, on time.perf_counter's clock."""

    process: subprocess.Popen[bytes]
    address: str
    began: float

    async def ready(self) -> float:
        """Seconds from the process's start until /readyz answers 200. Raises RuntimeError when that never comes."""
        while not await asyncio.to_thread(_answers, f"{self.address}/readyz"):
            if self.process.poll() is not None or time.perf_counter() - self.began > STARTS_WITHIN_S:
                raise RuntimeError("perch run didn't become ready")
            await asyncio.sleep(0.005)
        return time.perf_counter() - self.began


@contextmanager
def perch_run(scene: Scene, **settings: str) -> Iterator[Running]:
    """`perch run` in the scene, stopped at the end."""
    port = _free_port()
    own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment = {**own, **scene.environment, "PORT": str(port), "PERCH_LOG_LEVEL": "CRITICAL", **settings}
    command = [str(Path(sys.executable).with_name("perch")), "run"]
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield Running(process, f"http://127.0.0.1:{port}", began)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False
