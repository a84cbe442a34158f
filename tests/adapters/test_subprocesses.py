"""Programs are run without a shell and leave nothing behind (T5, law 8)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from adapters import subprocesses
from adapters.subprocesses import MOST_BYTES, run
from tests.programs import runs
from tests.waiting import HANGS_S, until

pytestmark = pytest.mark.anyio

SHELL = "/bin/sh"
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


async def pids_in(file: Path, count: int) -> list[int]:
    await until(lambda: file.exists() and len(file.read_text().split()) >= count)
    return [int(word) for word in file.read_text().split()]


async def gone(pids: list[int]) -> None:
    await until(lambda: not any(runs(pid) for pid in pids))


async def test_output_exit_code_and_environment_are_exact() -> None:
    finished = await run([SHELL, "-c", "env; echo oops >&2; exit 3"], {"ONLY": "this"}, 5)
    assert finished.code == 3
    assert "ONLY=this" in finished.out.splitlines()
    assert {line.partition("=")[0] for line in finished.out.splitlines()} <= {"ONLY", "PWD", "_", "SHLVL", "OLDPWD"}
    assert finished.err == "oops\n"


async def test_a_signal_is_a_negative_code() -> None:
    assert (await run([SHELL, "-c", "kill -9 $$"], ENVIRONMENT, 5)).code == -9


async def test_arguments_are_not_interpreted() -> None:
    words = ["$(id)", "; rm -rf x", "`id`", "*", "a b", "--x='y'"]
    finished = await run(["/usr/bin/printf", "%s\n", *words], ENVIRONMENT, 5)
    assert finished.out.splitlines() == words


async def test_there_is_nothing_to_read() -> None:
    assert (await run(["/bin/cat"], ENVIRONMENT, 5)).out == ""


async def test_output_is_bounded_and_a_chatty_program_still_ends() -> None:
    finished = await run([SHELL, "-c", "head -c 1000000 /dev/zero | tr '\\0' x"], ENVIRONMENT, 10)
    assert finished.out == "x" * MOST_BYTES + "…"
    assert finished.cut
    assert finished.code == 0


async def test_a_program_out_of_time_is_stopped_with_its_grandchildren(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    with pytest.raises(TimeoutError):
        await run([SHELL, "-c", f"sleep 300 & echo $$ $! > {file}; wait"], ENVIRONMENT, 1)
    pids = await pids_in(file, 2)
    await gone(pids)
    assert not psutil.pid_exists(pids[0]), "the child itself is reaped, no zombie"


async def test_a_program_that_ignores_term_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "GRACE_S", 0.2)
    file = tmp_path / "pids"
    with pytest.raises(TimeoutError):
        await run([SHELL, "-c", f"trap '' TERM; echo $$ > {file}; while :; do sleep 1; done"], ENVIRONMENT, 1)
    await gone(await pids_in(file, 1))


async def test_a_cancel_stops_everything(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    script = f"sleep 300 & echo $$ $! > {file}; wait"
    running = asyncio.create_task(run([SHELL, "-c", script], ENVIRONMENT, 60))
    pids = await pids_in(file, 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await gone(pids)


@pytest.mark.parametrize("steps", range(6))
async def test_a_cancel_while_starting_leaves_no_process(tmp_path: Path, steps: int) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    running = asyncio.create_task(run(["/bin/sleep", "300"], ENVIRONMENT, 60))
    for _ in range(steps):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    left = [child.pid for child in psutil.Process().children(recursive=True) if child.pid not in before]
    await gone(left)


async def test_what_a_good_program_leaves_behind_is_ended_too(tmp_path: Path) -> None:
    """A background process that keeps the pipe open must not hold us up either."""
    file = tmp_path / "pids"
    async with asyncio.timeout(HANGS_S):
        finished = await run([SHELL, "-c", f"sleep 300 & echo $! > {file}; echo done"], ENVIRONMENT, 60)
    assert finished.out == "done\n"
    await gone(await pids_in(file, 1))


async def test_a_program_that_cannot_start_is_an_os_error_and_leaks_no_descriptor(tmp_path: Path) -> None:
    await run(["/bin/true"], ENVIRONMENT, 5)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        await run([str(tmp_path / "missing")], ENVIRONMENT, 5)
    await asyncio.sleep(0)
    assert len(os.listdir("/proc/self/fd")) == before
