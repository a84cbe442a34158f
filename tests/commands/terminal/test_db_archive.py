"""`perch db archive`, and what check and backup say of archives (E8): what is printed, and the exit codes."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.ports import StoreAway
from bot.settings import BadSetting
from commands.terminal import given
from commands.terminal.db import db
from storage.database import open_database
from tests.storage.archive.samples import ended


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        database = await open_database(f"sqlite:///{tmp_path / 'perch.db'}")
        await ended(database, looks=3)
        await database.aclose()

    asyncio.run(fill())
    return tmp_path / "perch.db"


def run(file: Path, *words: str, **more: str) -> Result:
    return CliRunner().invoke(db, words, obj=given({"DATABASE_URL": f"sqlite:///{file}", **more}))


def test_a_dry_run_says_what_would_go_and_changes_nothing(file: Path) -> None:
    said = run(file, "archive", "--dry-run").output
    assert said.startswith(
        "would go: r1, ended 2026-03-29, 9 measurements\n1 rollout, 9 measurements; nothing was changed"
    )
    assert not (file.parent / ".perch").exists()
    assert run(file, "archive", "--older", "9999d").output.startswith("0 rollouts, 0 measurements\n")


def test_it_goes_beside_the_state_once_and_check_and_backup_know_of_it(file: Path) -> None:
    first = run(file, "archive")
    (made,) = (file.parent / ".perch" / "archive").iterdir()
    assert first.output.startswith(f"archived: r1, 9 measurements in {made}\n1 rollout, 9 measurements\n")
    assert run(file, "archive").output.startswith("0 rollouts")
    backup = run(file, "backup", "kept.db")
    assert f"Not in it: 1 archived file in {made.parent}; keep a copy of that folder too" in backup.output
    assert run(file, "check").output.startswith(f"sound: {file}, 0.")
    made.write_bytes(b"PAR1")
    checked = run(file, "check")
    assert checked.exit_code == 1
    assert checked.output.startswith("bad: ")
    assert "was changed; put it back from a backup" in checked.output
    assert "Look at this: " in run(file, "restore", "kept.db").output


def test_compact_shrinks_a_file_that_an_older_version_made(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as old:
        old.execute("PRAGMA journal_mode = DELETE")
        old.execute("PRAGMA auto_vacuum = NONE")
        old.execute("VACUUM")
        old.execute("CREATE TABLE filler AS SELECT zeroblob(4000000) AS big")
        old.execute("DROP TABLE filler")
    before = file.stat().st_size
    said = run(file, "archive").output
    assert "MB of them free" in said
    assert "stop Perch: perch db archive --compact" in said
    with closing(sqlite3.connect(file)) as busy:
        busy.execute("SELECT count(*) FROM rollouts").fetchall()
        assert isinstance(run(file, "archive", "--compact").exception, StoreAway)
    assert run(file, "archive", "--compact").exit_code == 0
    assert file.stat().st_size < before / 4


@pytest.mark.parametrize("older", ["14", "2w", "-1d", "14 d", "x"])
def test_a_wrong_time_is_wrong_usage(older: str, file: Path) -> None:
    said = run(file, "archive", "--older", older)
    assert said.exit_code == 2
    assert "is no number of days; write 14d" in said.output


def test_never_wants_to_be_told_a_time(file: Path) -> None:
    never = {"PERCH_ARCHIVE_AFTER": "never"}
    said = run(file, "archive", **never)
    assert said.exit_code == 1
    assert "perch db archive --older 14d" in said.output
    assert run(file, "archive", "--older", "0d", **never).exit_code == 0


@pytest.mark.parametrize("value", ["14", "0d", "two weeks", "14D"])
def test_a_bad_setting_is_one_line(value: str, file: Path) -> None:
    refused = run(file, "archive", PERCH_ARCHIVE_AFTER=value).exception
    assert isinstance(refused, BadSetting)
    assert "write 14d, or never" in str(refused)
