"""Kind `command` of a stage's tasks (R24), with real programs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters.tasks import KINDS
from adapters.tasks.command import KEPT
from bot.ports import Attempt, Denied, Ran
from tests.waiting import until

pytestmark = pytest.mark.anyio
TOKEN = "s3cr3t-t0ken-of-the-queue"
SAYS = "#!/bin/sh\nprintf '%b' \"$1\"\nexit ${2:-0}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    program = tmp_path / "inject"
    program.write_text(SAYS)
    program.chmod(0o755)
    return tmp_path


def attempt(folder: Path, *words: str, **options: Any) -> Attempt:
    environment = {"PERCH_ALLOWED_COMMANDS": "inject", "PATH": f"{folder}:/usr/bin:/bin", "QUEUE_TOKEN": TOKEN}
    kind = KINDS["command"]
    built: Attempt = kind.build(
        kind.options.model_validate({"command": ["inject", *words], **options}), environment
    ).attempt()
    return built


async def ran(folder: Path, *words: str, **options: Any) -> Ran:
    one = attempt(folder, *words, **options)
    await one.carry_out()
    return one.result()


async def test_its_exit_code_and_what_it_says_decide(folder: Path) -> None:
    """R24."""
    good = await ran(folder, "recovered 5 leases\\n", says=r"recovered \d+ leases")
    assert (good.fault, good.output, good.numbers["exit_code"]) == ("", "recovered 5 leases", 0)
    assert (await ran(folder, "no\\n", "3")).fault == "inject ended with exit code 3"
    assert (await ran(folder, "no\\n", "3", exit_codes=[0, 3])).fault == ""
    unsaid = await ran(folder, "recovered none\\n", says=r"recovered \d+ leases")
    assert unsaid.fault == r"inject didn't say what it must: recovered \d+ leases"


async def test_what_it_writes_is_cut_to_its_end_and_has_no_secret(folder: Path) -> None:
    """Law 8; a test says its result at its end."""
    (folder / "inject").write_text('#!/bin/sh\nseq 1 3000\nprintf "\\033[32m$TOKEN\\033[0m passed\\n"\n')
    told = await ran(folder, env={"TOKEN": "QUEUE_TOKEN"})
    assert told.output.endswith("3000\n[redacted] passed")
    assert (len(told.output), told.cut) == (KEPT, True)


async def test_what_a_load_generator_writes_is_the_transcript_of_a_burst(folder: Path) -> None:
    """O6: or a command."""
    flooded = await ran(folder, "1000 requests\\np95 2.1 s\\n", load_burst=True)
    assert (flooded.record, flooded.facts) == ("load", {"transcript": ["1000 requests", "p95 2.1 s"]})
    assert (await ran(folder, "x")).record == ""


async def test_what_is_not_allowed_is_refused_and_not_run(folder: Path) -> None:
    kind = KINDS["command"]
    built = kind.build(kind.options.model_validate({"command": ["inject"]}), {"PERCH_ALLOWED_COMMANDS": "other"})
    with pytest.raises(Denied, match="inject was not run"):
        await built.rehearse()
    with pytest.raises(Denied, match="inject was not run"):
        await built.attempt().carry_out()


async def test_a_secret_in_an_argument_is_refused_before_anything_runs(folder: Path) -> None:
    """Law 8."""
    with pytest.raises(Denied, match="would show a secret in its arguments"):
        await ran(folder, f"redis://:{TOKEN}@redis/0")


async def test_one_that_takes_too_long_is_stopped_and_has_failed(folder: Path) -> None:
    (folder / "inject").write_text("#!/bin/sh\nsleep 60\n")
    assert "didn't end within 0.1 s" in (await ran(folder, timeout="100ms")).fault


async def test_cancelled_it_and_all_that_it_started_end(folder: Path) -> None:
    (folder / "inject").write_text(f"#!/bin/sh\ntouch {folder}/began\nsleep 60 &\nwait\n")
    one = attempt(folder)
    doing = asyncio.create_task(one.carry_out())
    await until(lambda: (folder / "began").exists())
    doing.cancel()
    assert isinstance((await asyncio.gather(doing, return_exceptions=True))[0], asyncio.CancelledError)
    assert one.result() == Ran()
