"""`perch run`, `doctor` and the sandbox's script, against a workspace over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.sandbox.world import World
from commands.terminal.playground import CHANNEL, PLANS, START, environment_for, open_playground
from commands.terminal.script import play
from tests.process import console

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as world:
        yield world


@asynccontextmanager
async def perch(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> AsyncIterator[Process]:
    """`perch WORDS…` in its own process; killed at the end when it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-c", "from commands.terminal import main; main()", *words),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready_at(process: Process) -> str:
    """The address on the one line that a Perch prints when it's ready."""
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    address = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert address, line
    return address[0]


@dataclass(frozen=True)
class Ended:
    code: int
    output: str
    errors: str


async def ended(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> Ended:
    """Run to the end."""
    over = await asyncio.to_thread(console.perch, words, environment, folder)
    return Ended(over.returncode, over.stdout, over.stderr)


async def test_run_says_where_it_is_is_ready_and_stops_cleanly_on_sigterm(world: World, tmp_path: Path) -> None:
    async with perch(["run"], environment_for(world, tmp_path), tmp_path) as process, asyncio.timeout(40):
        address = await ready_at(process)
        async with httpx.AsyncClient(verify=False, base_url=address, trust_env=False) as client:
            assert (await client.get("/healthz")).status_code == 200
            while (answer := await client.get("/readyz")).status_code != 200:
                assert answer.json()["reasons"]
            assert "perch_ticks_total" in (await client.get("/metrics")).text
        process.send_signal(signal.SIGTERM)
        output, errors = await process.communicate()
    assert process.returncode == 0
    assert "Perch is stopping" in output.decode()
    assert "Traceback" not in errors.decode()


@pytest.mark.waits
async def test_a_live_rollout_goes_on_after_a_stop_and_the_next_start(world: World, tmp_path: Path) -> None:
    """Law 5"""
    quick_plan(tmp_path)
    environment = environment_for(world, tmp_path, tmp_path)
    async with perch(["run"], environment, tmp_path) as process, asyncio.timeout(40):
        world.service.follow(await ready_at(process))
        await world.workspace.command("ana", CHANNEL, START)
        await world.workspace.until(
            lambda: any("materializers" in m["text"] for m in world.workspace.messages(CHANNEL))
        )
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    async with perch(["run"], environment, tmp_path) as process, asyncio.timeout(40):
        world.service.follow(await ready_at(process))
        said = world.workspace.messages
        await world.workspace.until(lambda: any("is at 1%" in m["text"] for m in said(CHANNEL)), within=30)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "SLACK_APP_TOKEN"),
        ({"DATABASE_URL": "sqlite:////nowhere/perch.db"}, "DATABASE_URL"),
        ({"DATABASE_URL": "mysql://root:secret@db/perch"}, "use sqlite:///perch.db"),
        ({"PORT": "eighty"}, "PORT"),
        ({"PERCH_STATE": "/dev/null/state"}, "/dev/null/state"),
    ],
)
async def test_a_start_that_cannot_be_is_one_line_that_says_what_to_do(
    world: World, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    run = await ended(["run"], {**environment_for(world, tmp_path), **change}, tmp_path)
    assert run.code == 1
    assert run.output == ""
    line = run.errors.splitlines()[-1]
    assert said in line
    assert "secret" not in run.errors
    assert "Traceback" not in run.errors


async def test_perch_guards_what_is_live_while_slack_cannot_be_reached(world: World, tmp_path: Path) -> None:
    environment = {**environment_for(world, tmp_path), "SLACK_API_URL": "http://127.0.0.1:9/api/"}
    async with perch(["run"], environment, tmp_path) as process, asyncio.timeout(40):
        address = await ready_at(process)
        async with httpx.AsyncClient(verify=False, base_url=address, trust_env=False) as client:
            assert (await client.get("/healthz")).status_code == 200
            while "perch_ticks_total 0" in (await client.get("/metrics")).text:
                await asyncio.sleep(0)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_taken_port_is_one_line(world: World, tmp_path: Path) -> None:
    taken = httpx.URL(world.service.url).port
    run = await ended(["run"], {**environment_for(world, tmp_path), "PORT": str(taken)}, tmp_path)
    assert run.code == 1
    assert f"port {taken}" in run.errors.splitlines()[-1]
    assert "Traceback" not in run.errors


async def test_the_doctor_finds_all_well_in_the_sandbox(world: World, tmp_path: Path) -> None:
    environment = environment_for(world, tmp_path)
    await ended(["db", "upgrade"], environment, tmp_path)
    looked = await ended(["doctor"], environment, tmp_path)
    assert (looked.code, looked.errors) == (0, "")
    lines = looked.output.splitlines()
    assert [line for line in lines if line.startswith("BAD")] == []
    for what in ("database", "plan materializers", "bot token", "app token", "channel #canary-live", "roles", "clock"):
        assert any(line.startswith(f"OK    {what}") for line in lines), what
    assert any("metrics answer; 1 targets, 2 kill methods tried" in line for line in lines)


async def test_the_doctor_says_what_to_do_about_each_thing_that_is_wrong(world: World, tmp_path: Path) -> None:
    world.workspace.channel(CHANNEL).members.remove("U01BOT0001")
    world.workspace.group("sre-leads").members.clear()
    environment = {**environment_for(world, tmp_path), "SLACK_APP_TOKEN": "xapp-wrong"}
    looked = await ended(["doctor", "--json"], environment, tmp_path)
    assert looked.code == 1
    said = {each["what"]: each["said"] for each in json.loads(looked.output) if each["grade"] == "BAD"}
    assert "/invite @perch" in said["channel #canary-live"]
    assert "names nobody" in said["role @sre-leads"]
    assert "SLACK_APP_TOKEN" in said["app token"]


QUICKER = {
    r"bake: \d+s": "bake: 2s",
    r"artifacts: \[.*\]": "artifacts: [lb_diff, decision]",
    "before_start: 10s": "before_start: 4s",
    "over: 6s": "over: 2s",
    "settle: 3s": "settle: 1s",
    "check: 2s": "check: 1s",
    "value: 5}": "value: 1}",
}


def quick_plan(folder: Path) -> None:
    """The sandbox's own plan, with everything that takes time made short."""
    text = (PLANS / "materializers.yaml").read_text()
    for slow, fast in QUICKER.items():
        assert re.search(slow, text), slow
        text = re.sub(slow, fast, text)
    (folder / "materializers.yaml").write_text(text)


@pytest.mark.waits
async def test_the_script_plays_a_rollout_to_the_end_and_another_to_its_rollback(tmp_path: Path) -> None:
    """The whole story, with shorter bakes."""
    quick_plan(tmp_path)
    told: list[str] = []
    async with open_playground(0, tmp_path) as playground:
        assert await play(playground, told.append), "\n".join(told)
    story = "\n".join(told)
    assert "Ben reacts with ✅" in story
    assert "Cleo ticks the checklist" in story
    assert "Cleo clicks Approve" in story
    assert story.count("✓ Its record is whole") == 2
    assert "is rolled back at 0%" in story


@pytest.mark.waits
async def test_the_script_says_so_when_it_does_not_end_as_it_should(tmp_path: Path) -> None:
    quick_plan(tmp_path)
    told: list[str] = []
    async with open_playground(0, tmp_path) as playground:
        playground.world.service.knobs.canary_error_percent = 60
        assert not await play(playground, told.append)
    assert told[-1].strip() == "✗ It didn't end as it should."


def test_the_sandboxs_plan_is_packaged_beside_it() -> None:
    assert [file.name for file in PLANS.iterdir()] == ["materializers.yaml"]
