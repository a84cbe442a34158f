"""`perch db`: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.ports import StoreAway
from commands.terminal.db import db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "perch.db"


def run(file: Path, *words: str) -> Result:
    return CliRunner().invoke(db, words, obj={"database_url": f"sqlite:///{file}"})


def test_upgrade_makes_the_database_and_may_be_repeated(file: Path) -> None:
    for _ in range(2):
        assert run(file, "upgrade").output == f"up to date: {file}\n"
    assert run(file, "check").output.startswith(f"sound: {file}, 0.")


def test_a_backup_can_be_put_back(file: Path, tmp_path: Path) -> None:
    run(file, "upgrade")
    kept = tmp_path / "kept.db"
    assert run(file, "backup", str(kept)).exit_code == 0
    restored = run(file, "restore", str(kept))
    assert restored.exit_code == 0
    assert "what was there is kept as" in restored.output
    assert "all live rollouts are held" in restored.output
    assert run(file, "check").exit_code == 0


def test_check_says_what_is_wrong_and_exits_1(file: Path) -> None:
    run(file, "upgrade")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    checked = run(file, "check")
    assert checked.exit_code == 1
    assert checked.output.startswith("bad: ")


def test_what_is_not_there_is_refused(file: Path, tmp_path: Path) -> None:
    for words in (("check",), ("backup", str(tmp_path / "kept.db")), ("restore", str(tmp_path / "none.db"))):
        assert isinstance(run(file, *words).exception, StoreAway)
    assert list(tmp_path.iterdir()) == []
