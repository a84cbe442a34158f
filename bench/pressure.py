"""A kill by each surface with everything sick at once, while a fleet is being checked: how long until it has effect.

The source hangs for everybody, Slack answers 429 and 503 by turns, and the database is locked, full or gone. Perch is
a process of its own. An effect is what the far side itself has written down: the weight and the switch, both set.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench import fleet
from bench.effort import Effort
from bench.far_side import far_side
from bench.kill import WHO, keep_cards, killable, menu
from bench.rows import Row
from bench.scene import Running, Scene, launch, perch_run, scene
from bot.domain.rollout import Rollout
from bot.wording.status import controls
from commands.terminal.playground import CHANNEL

EVERY = timedelta(seconds=10)
"""The fleet's interval: so short that checks go on, and hang, all the time."""
HANGING_S = 15.0
"""How long the source has been hanging before anybody kills: longer than a check waits for it."""
WITHIN_S, MOST_S, PAUSE_S = 60.0, 1.0, 0.7
TOTAL = "all in all; Python's own start is beside it"
TOKEN = "bench-webhook-token"
REFUSED = ("chat.postMessage", "chat.update", "chat.postEphemeral", "views.open", "users.info", "usergroups.list")


@dataclass(frozen=True, slots=True)
class Here:
    """Where kills are asked for, and where their effect is read."""

    scene: Scene
    running: Running
    far_side: str
    web: httpx.AsyncClient


async def measure(effort: Effort) -> list[Row]:
    """Each surface under each trouble, several times."""
    each = max(effort.kills // 3, 2)
    names = fleet.names(each * len(SURFACES) * len(TROUBLES), "doomed")
    with far_side() as url:
        async with scene() as place, httpx.AsyncClient(trust_env=False, timeout=WITHIN_S) as web:
            doomed = [killable(name, url, place.folder, 0.0) for name in names]
            await launch(place, [fleet.plan(name, url, every=EVERY) for name in fleet.names(effort.fleet)])
            rollouts = await launch(place, doomed)
            keep_cards(place, rollouts, doomed)
            with perch_run(place, PERCH_WEBHOOK_TOKEN=TOKEN) as running:
                await running.ready()
                here = Here(place, running, url, web)
                await _make_sick(here)
                return await _all(here, iter(rollouts), each, effort.fleet)


async def _make_sick(here: Here) -> None:
    for _ in range(2000):
        for method in REFUSED:
            here.scene.world.workspace.refuse(method, "ratelimited", status=429, retry_after=1)
            here.scene.world.workspace.refuse(method, "internal_error", status=503)
    await here.web.put(f"{here.far_side}/hanging")
    await asyncio.sleep(HANGING_S)


async def _all(here: Here, rollouts: Iterator[Rollout], each: int, live: int) -> list[Row]:
    rows = []
    for trouble, troubled in TROUBLES.items():
        with troubled(here):
            for surface, kill in SURFACES.items():
                took = [await _effect(here, kill, next(rollouts)) for _ in range(each)]
                what = f"kill by {surface} → in effect, {live:,} live, all sick, database {trouble}, longest of {each}"
                if surface == "shell":
                    start = await _start_of_python()
                    rows.append(Row(what, max(took), beside=start, client="the same imports alone", note=TOTAL))
                else:
                    rows.append(Row(what, max(took), most=MOST_S))
    return rows


async def _start_of_python() -> float:
    """The median of three starts of a process that imports what `perch kill` does, and ends."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import commands.terminal.going_down")
        await process.wait()
        took.append(time.perf_counter() - began)
    return median(took)


async def _effect(here: Here, kill: Kill, rollout: Rollout) -> float:
    """Seconds from asking until the far side has both the weight and the switch."""
    await asyncio.sleep(PAUSE_S)
    began = time.time()
    asking = asyncio.create_task(kill(here, rollout))
    while (done := await _off_at(here, rollout)) is None:
        if time.time() - began > WITHIN_S:
            raise RuntimeError(f"the kill of {rollout.plan} has no effect")
        await asyncio.sleep(0.01)
    await asking
    return done - began


async def _off_at(here: Here, rollout: Rollout) -> float | None:
    """When the far side was told the last of it, by its own record."""
    found = [
        (await here.web.get(f"{here.far_side}/values/{rollout.plan}-{what}")).json() for what in ("weight", "switch")
    ]
    return max(each["at"] for each in found) if all(each["at"] for each in found) else None


# ---- surfaces ---------------------------------------------------------------------------------------------------


async def _by_button(here: Here, rollout: Rollout) -> None:
    """Slack can't open the question, so the choice is the kill."""
    workspace = here.scene.world.workspace
    message = workspace.messages(CHANNEL)[-1]
    seen = {**message, "blocks": [{"type": "actions", "block_id": "b", "elements": controls(rollout)}]}
    chosen = next(value for value in menu(controls(rollout)) if value.startswith("kill|"))
    await workspace.click(WHO, CHANNEL, message["ts"], "more", chosen, seen=seen)


async def _by_verb(here: Here, rollout: Rollout) -> None:
    await here.scene.world.workspace.command(WHO, CHANNEL, f"/canary kill {rollout.plan} bench")


async def _by_webhook(here: Here, rollout: Rollout) -> None:
    labels = {"alertname": "Bench", "perch_plan": rollout.plan, "perch_action": "kill"}
    alert = {"status": "firing", "labels": labels, "fingerprint": rollout.id, "startsAt": "2026-01-01T00:00:00Z"}
    await here.web.post(
        f"{here.running.address}/webhooks/alertmanager",
        json={"version": "4", "status": "firing", "alerts": [alert]},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )


async def _by_shell(here: Here, rollout: Rollout) -> None:
    own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = [str(Path(sys.executable).with_name("perch")), "kill", rollout.plan]
    shell = await asyncio.create_subprocess_exec(
        *command, env={**own, **here.scene.environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    await shell.wait()


Kill = Callable[[Here, Rollout], Any]
SURFACES: Mapping[str, Kill] = {
    "button": _by_button,
    "verb": _by_verb,
    "webhook": _by_webhook,
    "shell": _by_shell,
}


# ---- troubles ---------------------------------------------------------------------------------------------------


@contextmanager
def _locked(here: Here) -> Iterator[None]:
    """Another program holds the write lock."""
    greedy = sqlite3.connect(here.scene.database_file, isolation_level=None, timeout=30)
    greedy.execute("BEGIN IMMEDIATE")
    yield
    greedy.execute("ROLLBACK")
    greedy.close()


@contextmanager
def _full(here: Here) -> Iterator[None]:
    """None of Perch's files can grow beyond what SQLite's log has already, so each of its commits fails."""
    pid, log = here.running.process.pid, Path(f"{here.scene.database_file}-wal")
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (log.stat().st_size, resource.RLIM_INFINITY))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def _gone(here: Here) -> Iterator[None]:
    """Its files are away."""
    file = here.scene.database_file
    files = {each: each.with_name(f"away-{each.name}") for each in file.parent.glob(f"{file.name}*")}
    for each, away in files.items():
        each.rename(away)
    yield
    for each, away in files.items():
        away.rename(each)


TROUBLES: Mapping[str, Callable[[Here], AbstractContextManager[None]]] = {
    "locked": _locked,
    "full": _full,
    "gone": _gone,
}
