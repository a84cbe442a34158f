"""`perch evidence`: what it prints, and its exit codes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.domain.errors import UnknownRollout
from bot.domain.evidence import WORKSPACE
from bot.ports import Change, StoreAway
from commands.terminal import given
from commands.terminal.evidence import evidence
from storage.bundle_check import BrokenBundle
from storage.database import open_database
from storage.rollouts import SqlRollouts
from tests.storage.samples import TREE, Hands, a_rollout, an_entry


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "perch.db"

    async def fill() -> None:
        database = await open_database(f"sqlite:///{file}")
        rollouts = SqlRollouts(database, Hands())
        entries = (an_entry(), an_entry("held", why="very particular"), an_entry("resumed"))
        await rollouts.create(a_rollout(plan="materializers"), TREE, Change(evidence=entries))
        await rollouts.note(WORKSPACE, entries[:1])
        await database.aclose()

    asyncio.run(fill())
    return file


def run(file: Path, *words: str, **environment: str) -> Result:
    return CliRunner().invoke(evidence, words, obj=given({"DATABASE_URL": f"sqlite:///{file}", **environment}))


def spoil(file: Path, old: bytes, new: bytes) -> None:
    content = file.read_bytes()
    assert len(old) == len(new)
    assert content.count(old) == 1
    file.write_bytes(content.replace(old, new))


def test_show_prints_the_records_of_a_plans_newest_rollout(file: Path) -> None:
    shown = run(file, "show", "materializers")
    assert shown.exit_code == 0
    assert [line.split()[3] for line in shown.output.splitlines()] == ["created", "held", "resumed"]
    assert shown.output.splitlines()[1].endswith(" very particular")
    assert "{" not in shown.output


def test_show_as_json_prints_a_record_per_line(file: Path) -> None:
    records = [json.loads(line) for line in run(file, "show", "r1", "--json").output.splitlines()]
    assert [record["number"] for record in records] == [1, 2, 3]
    assert records[1]["previous"] == records[0]["hash"]


@pytest.mark.parametrize("words", [(), ("--all",), ("r1",), ("materializers",), (WORKSPACE,)])
def test_verify_says_whole_and_exits_0(file: Path, words: tuple[str, ...]) -> None:
    verified = run(file, "verify", *words)
    assert (verified.exit_code, verified.output.split(":")[0]) == (0, "whole")


def test_verify_names_the_bad_record_after_one_byte_was_changed_and_exits_1(file: Path) -> None:
    spoil(file, b"very particular", b"very_particular")
    for words in ((), ("--all",), ("r1",), ("materializers",)):
        verified = run(file, "verify", *words)
        assert verified.exit_code == 1
        assert verified.output.startswith("broken: r1, record 2: its content doesn't match its hash")
    assert run(file, "verify", WORKSPACE).exit_code == 0


def test_an_exported_bundle_verifies_without_the_database(file: Path) -> None:
    exported = run(file, "export", "materializers")
    assert exported.exit_code == 0
    assert exported.output.startswith("r1.perch.zip (")
    file.unlink()
    verified = run(file, "verify", "r1.perch.zip")
    assert verified.exit_code == 0
    assert verified.output.startswith("whole: materializers in production, rollout r1, 3 records\nhead:  ")
    spoil(file.with_name("r1.perch.zip"), b"very particular", b"very_particular")
    assert isinstance(run(file, "verify", "r1.perch.zip").exception, BrokenBundle)


def test_export_writes_where_it_is_told(file: Path) -> None:
    assert run(file, "export", "r1", "-o", "there.zip").exit_code == 0
    assert run(file, "verify", "there.zip").exit_code == 0
    failed = run(file, "export", "r1", "-o", "none/there.zip")
    assert failed.exit_code == 1
    assert "choose another with -o" in failed.output


def test_wrong_words_are_wrong_usage(file: Path) -> None:
    assert run(file, "show").exit_code == 2
    assert run(file, "verify", "r1", "--all").exit_code == 2


def test_unknown_names_and_missing_files_are_refused(file: Path) -> None:
    assert isinstance(run(file, "show", "materialisers").exception, UnknownRollout)
    assert isinstance(run(file, "export", WORKSPACE).exception, UnknownRollout)
    assert isinstance(run(file, "verify", "none.zip").exception, BrokenBundle)
    file.unlink()
    assert isinstance(run(file, "verify").exception, StoreAway)
    assert not file.exists()
