"""`perch evidence redact` (E7): what it prints, what it asks, and its exit codes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.domain.errors import UnknownRollout
from commands.terminal import given
from commands.terminal.evidence import evidence
from storage.database import open_database
from storage.spool import KillFolder
from tests.storage.redacting.samples import TOKEN, WHO, filled
from tests.storage.samples import a_card


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        database = await open_database(f"sqlite:///{tmp_path / 'perch.db'}")
        await filled(database)
        await database.aclose()

    asyncio.run(fill())
    KillFolder(tmp_path / ".perch").keep_card(a_card("r1", operators=(WHO,)))
    return tmp_path / "perch.db"


def run(file: Path, *words: str, typed: str = "") -> Result:
    environment = given({"DATABASE_URL": f"sqlite:///{file}"})
    return CliRunner().invoke(evidence, words, obj=environment, input=typed)


def test_it_says_where_it_is_asks_and_says_what_it_did_and_what_is_left(file: Path) -> None:
    asked = ("redact", "--person", WHO, "--reason", "asked for it")
    looked = run(file, *asked, "--dry-run")
    assert looked.output.splitlines() == [
        "r1: 4 places in 1 record, 2 in messages, 1 in plan, 2 in state",
        "workspace: 1 place in 1 record, 2 in requests",
        "left: live is live, so nothing of it was changed; type this again when it has ended",
        "nothing was changed",
    ]
    for answer in ("n\n", ""):
        refused = run(file, *asked, typed=answer)
        assert refused.exit_code == 1
        assert "nothing was changed. Next: " in refused.output
    done = run(file, *asked, typed="y\n")
    assert done.exit_code == 0
    assert "redacted: it reads person-1 now, and 2 chains say so" in done.output
    assert "files of the kill path: 1 changed" in done.output
    assert "docs/privacy.md" in done.output
    verified = run(file, "verify", "r1").output
    assert "redacted: 1 record of r1 by shell:" in verified
    assert "says record 4: asked for it\nNOT SIGNED: record 4; whoever may write" in verified
    assert "found nowhere" in run(file, *asked, "--yes").output
    later = run(file, "redact", "--person", "U0ANABEL", "--as", "person-1", "--reason", "the same", "--yes")
    assert "it reads person-1 now" in later.output


def test_a_value_comes_over_stdin(file: Path) -> None:
    """Law 8: not in the arguments that every process of the machine may read."""
    done = run(file, "redact", "r1", "--value", "-", "--reason", "pasted", "--yes", typed=f"{TOKEN}\n")
    assert done.output.startswith("r1: 1 place in 1 record, 1 in measurements, 1 in state\n")
    assert TOKEN not in run(file, "show", "r1").output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--person", "*", "--reason", "x"), "no id of a person"),
        (("--value", "short", "--reason", "x"), "6 characters or more"),
    ],
)
def test_what_would_take_too_much_is_refused(words: tuple[str, ...], says: str, file: Path) -> None:
    refused = run(file, "redact", *words)
    assert refused.exit_code == 1
    assert says in refused.output


@pytest.mark.parametrize(
    "words",
    [
        ("--value", TOKEN, "--as", "person-1", "--reason", "x"),
        ("--person", WHO, "--as", "Ana", "--reason", "x"),
        ("--person", WHO),
        ("--reason", "x"),
        ("--person", WHO, "--value", TOKEN, "--reason", "x"),
    ],
)
def test_wrong_words_are_wrong_usage(words: tuple[str, ...], file: Path) -> None:
    assert run(file, "redact", *words).exit_code == 2


def test_an_unknown_name_is_refused(file: Path) -> None:
    assert isinstance(run(file, "redact", "nosuch", "--person", WHO, "--reason", "x").exception, UnknownRollout)
