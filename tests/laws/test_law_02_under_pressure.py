"""Law 2 with everything sick at once: a real Perch, its source hanging, Slack refusing, and its database in trouble."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.domain.machine import State
from tests.process.plans import plan
from tests.process.processes import Process
from tests.process.town import Town, new_town
from tests.scenarios.story import CHANNEL, eventually, text

pytestmark = pytest.mark.anyio

BY_BUTTON, BY_VERB, BY_SHELL, BY_WEBHOOK = NAMES = ("alpha", "beta", "gamma", "delta")
TOKEN = "a-token-of-the-tests"
METHODS = ("chat.postMessage", "chat.update", "chat.postEphemeral", "views.open", "users.info", "usergroups.list")
WITHIN_S = 60.0
"""Generous: what the bench measures is not measured here."""


@contextmanager
def locked(database: Path, perch: Process) -> Iterator[None]:
    """Another program holds the write lock."""
    with sqlite3.connect(database, isolation_level=None) as greedy:
        greedy.execute("BEGIN IMMEDIATE")
        yield
        greedy.execute("ROLLBACK")
    greedy.close()


@contextmanager
def full(database: Path, perch: Process) -> Iterator[None]:
    """No file of Perch's can grow beyond what SQLite's log has already: each of its commits fails."""
    most = database.with_name(f"{database.name}-wal").stat().st_size
    before = resource.prlimit(perch.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    yield
    resource.prlimit(perch.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def gone(database: Path, perch: Process) -> Iterator[None]:
    """Its files are away, and then they are back."""
    files = {file: file.with_name(f"away-{file.name}") for file in database.parent.glob(f"{database.name}*")}
    for file, away in files.items():
        file.rename(away)
    yield
    for file, away in files.items():
        away.rename(file)


def rate_limited(town: Town) -> None:
    for method in METHODS:
        town.workspace.refuse(method, "ratelimited", times=10_000, status=429, retry_after=600)


def failing(town: Town) -> None:
    for method in METHODS:
        town.workspace.refuse(method, "internal_error", times=10_000, status=503)


Trouble = Callable[[Path, Process], AbstractContextManager[None]]


@asynccontextmanager
async def four_rollouts(folder: Path) -> AsyncIterator[tuple[Town, str, Process]]:
    """One for each way to kill it, at 1 %, with the status message as somebody has it on the screen."""
    async with new_town(folder, plans=[_patient(name) for name in NAMES], rate=1.0) as town:
        perch = town.new_perch(settings={"PERCH_WEBHOOK_TOKEN": TOKEN})
        address = await perch.ready()
        for name in NAMES:
            assert "is started" in await town.types("ana", f"start {name} 1%")
        for name in NAMES:
            await eventually(partial(_serves, town, name), f"{name} at 1 %", within=WITHIN_S)
        yield town, address, perch


def _patient(name: str) -> dict[str, Any]:
    """The short plan, with time enough on a machine that is busy with other things."""
    patient = plan(name, confirm={"metric": "canary_pct", "within": "60s"})
    patient["traffic"][0]["timeout"] = patient["sources"]["page"]["deadline"] = "20s"
    return patient


async def _alerts(address: str, name: str) -> None:
    """Alertmanager says that something fires."""
    labels = {"alertname": "Fire", "perch_plan": name, "perch_action": "kill"}
    alert = {"status": "firing", "labels": labels, "startsAt": "2026-03-02T09:00:00Z", "fingerprint": name}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        verify=False, base_url=address, headers=headers, trust_env=False, timeout=WITHIN_S
    ) as client:
        answer = await client.post("/webhooks/alertmanager", json={"version": "4", "alerts": [alert]})
    assert (answer.status_code, answer.json()[0]["did"]) == (200, "kill"), answer.text


async def _serves(town: Town, name: str) -> bool | None:
    live = {rollout.plan: rollout for rollout in await town.eyes.live()}
    return (name in live and live[name].state in (State.BAKING, State.GATE)) or None


async def _off(town: Town, name: str) -> bool | None:
    part = town.far.parts[name]
    return (part.killed and part.percent == 0) or None


@pytest.mark.parametrize(
    ("database", "slack"), [(locked, rate_limited), (full, failing), (gone, failing)], ids=lambda each: each.__name__
)
async def test_a_kill_takes_effect_with_everything_sick(
    database: Trouble, slack: Callable[[Town], None], tmp_path: Path
) -> None:
    """Law 2, X4: by button, verb, shell and webhook; and all of it is on record once the database is well again."""
    async with four_rollouts(tmp_path) as (town, address, perch):
        status = await town.seen(
            lambda: next((each for each in town.messages() if BY_BUTTON in text(each) and "kill|" in str(each)), None)
        )
        [menu] = [each for block in status["blocks"] for each in block.get("elements", ()) if "options" in each]
        kill = next(option["value"] for option in menu["options"] if option["value"].startswith("kill|"))
        with database(tmp_path / "perch.db", perch):
            slack(town)
            town.far.trouble.page = "hanging"
            await town.workspace.click("ana", CHANNEL, status["ts"], "more", kill, seen=status)
            await town.workspace.command("ana", CHANNEL, f"/canary kill {BY_VERB} fire")
            shell = town.shell("kill", BY_SHELL, "--reason", "fire")
            await _alerts(address, BY_WEBHOOK)
            for name in NAMES:
                await eventually(partial(_off, town, name), f"{name} off", within=WITHIN_S)
            assert await shell.ends() == 0, shell.last_words()
        town.far.trouble.page = "ok"
        await asyncio.gather(*(_on_record(town, name) for name in NAMES))


async def _on_record(town: Town, name: str) -> None:
    async def killed() -> bool | None:
        newest = {rollout.plan: rollout for rollout in reversed(await town.eyes.latest(limit=20))}
        return newest[name].state is State.KILLED or None

    await eventually(killed, f"the kill of {name} on record", within=WITHIN_S)
