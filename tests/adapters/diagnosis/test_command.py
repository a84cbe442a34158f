"""Kind `command` of a runbook's `diagnose` (R14), with real programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.diagnosis import KINDS
from bot.domain.kinds import MissingEnvironment
from bot.ports import Denied, Diagnosis, OutOfReach, Seen

pytestmark = pytest.mark.anyio
TOKEN = "s3cr3t-t0ken-of-the-queue"
SAYS = "#!/bin/sh\nprintf '%b' \"$1\"\nexit ${2:-0}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    program = tmp_path / "says"
    program.write_text(SAYS)
    program.chmod(0o755)
    return tmp_path


def look(folder: Path, *words: str, **options: Any) -> Diagnosis:
    environment = {"PERCH_ALLOWED_COMMANDS": "says", "PATH": f"{folder}:/usr/bin:/bin", "QUEUE_TOKEN": TOKEN}
    kind = KINDS["command"]
    built: Diagnosis = kind.build(kind.options.model_validate({"command": ["says", *words], **options}), environment)
    return built


async def test_what_a_command_writes_is_the_answer(folder: Path) -> None:
    assert await look(folder, "jobs 812\nlocks 3\n").look() == Seen("jobs 812\nlocks 3")


async def test_colours_and_secrets_are_taken_out(folder: Path) -> None:
    """Law 8."""
    (folder / "says").write_text('#!/bin/sh\nprintf "\\033[31mred\\033[0m $TOKEN"\n')
    said = await look(folder, env={"TOKEN": "QUEUE_TOKEN"}).look()
    assert said.text == "red [redacted]"


async def test_a_secret_in_an_argument_is_refused_before_anything_runs(folder: Path) -> None:
    """Law 8: everybody on the machine can read arguments."""
    with pytest.raises(Denied, match="would show a secret in its arguments"):
        await look(folder, f"redis://:{TOKEN}@redis/0").look()


async def test_a_command_that_fails_says_how(folder: Path) -> None:
    with pytest.raises(Denied, match="says ended with exit code 3: no such queue"):
        await look(folder, "no such queue", "3").look()
    with pytest.raises(OutOfReach, match="exit code 75"):
        await look(folder, "later", "75").look()


async def test_what_is_not_allowed_is_neither_run_nor_found_well(folder: Path) -> None:
    kind = KINDS["command"]
    built = kind.build(kind.options.model_validate({"command": ["rm", "-rf", "x"]}), {"PERCH_ALLOWED_COMMANDS": "says"})
    for call in (built.look, built.rehearse):
        with pytest.raises(Denied, match="rm was not run: it is not in PERCH_ALLOWED_COMMANDS"):
            await call()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"command": ["sh", "-c", "ls | wc"]}, "without a shell"),
        ({"command": ["says", "${QUEUE_TOKEN}"]}, "can be seen by everyone"),
        ({"command": ["says", "{percent}"]}, "not a placeholder here"),
        ({"command": ["says"], "timeout": "2m"}, "no longer than 30s"),
        ({"command": []}, "at least 1 item"),
    ],
)
def test_what_cannot_be_run_safely_is_refused_with_the_plan(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        KINDS["command"].options.model_validate(options)


def test_a_secret_that_is_not_set_is_named(folder: Path) -> None:
    with pytest.raises(MissingEnvironment, match="NOT_SET"):
        look(folder, "x", env={"TOKEN": "NOT_SET"})
