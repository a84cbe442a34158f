"""The kill path's files: durable, private, and readable after a crash (laws 2, 5 and 8)."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.ports import StoreAway
from storage.spool import DONE_KEPT, KillFolder
from tests.storage.samples import a_card, an_act


@pytest.fixture
def files(tmp_path: Path) -> KillFolder:
    return KillFolder(tmp_path / "state" / ".perch")


def only(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_only_perchs_user_may_look(files: KillFolder) -> None:
    files.keep_card(a_card())
    files.begin(an_act())
    files.outcome("click:1", {"name": "http"})
    modes = {path.stat().st_mode & 0o777 for path in files.folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    folders = [files.folder, *(path for path in files.folder.iterdir() if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}


def test_writes_leave_no_pieces_behind(files: KillFolder) -> None:
    for revision in range(3):
        files.keep_card(a_card(revision=revision))
        files.begin(an_act())
    assert only(files.folder / "cards").name == "r1.json"
    assert only(files.folder / "spool").suffix == ".jsonl"


def test_a_torn_last_line_costs_only_itself_and_is_told_once(
    files: KillFolder, caplog: pytest.LogCaptureFixture
) -> None:
    files.begin(an_act())
    files.outcome("click:1", {"name": "http"})
    act = only(files.folder / "spool")
    act.write_bytes(act.read_bytes() + b'{"name": "red')
    for _ in range(2):
        assert [outcome["name"] for outcome in files.spooled()[0].outcomes] == ["http"]
    assert caplog.text.count("torn lines left out: 1") == 1
    files.outcome("click:1", {"name": "redis flag"})
    assert [outcome["name"] for outcome in files.spooled()[0].outcomes] == ["http", "redis flag"]


def test_an_unreadable_card_or_act_is_told_and_stops_no_other(
    files: KillFolder, caplog: pytest.LogCaptureFixture
) -> None:
    files.keep_card(a_card("r1"))
    files.keep_card(a_card("r2"))
    files.begin(an_act("a"))
    bad = [files.folder / "cards" / "r1.json", only(files.folder / "spool")]
    files.begin(an_act("b"))
    bad[0].write_bytes(b"\xff\xfe{")
    bad[1].write_text("")
    assert [card.rollout for card in files.cards()] == ["r2"]
    assert [act.key for act in files.spooled()] == ["b"]
    assert files.unreadable() == bad
    assert [str(path) in caplog.text for path in bad] == [True, True]


def test_a_crash_between_mark_and_removal_does_not_bring_an_act_back(files: KillFolder) -> None:
    files.begin(an_act())
    act = only(files.folder / "spool")
    content = act.read_bytes()
    files.merged("click:1")
    act.write_bytes(content)
    assert KillFolder(files.folder).spooled() == []
    assert list((files.folder / "spool").iterdir()) == []


def test_done_keys_are_forgotten_after_a_long_time(files: KillFolder) -> None:
    files.begin(an_act("old"))
    files.merged("old")
    assert not files.begin(an_act("old"))
    age_s = DONE_KEPT.total_seconds() + 60
    for mark in (files.folder / "done").iterdir():
        os.utime(mark, (mark.stat().st_atime - age_s, mark.stat().st_mtime - age_s))
    files.begin(an_act("new"))
    files.merged("new")
    assert files.begin(an_act("old"))
    assert not files.begin(an_act("new"))


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreAway, match=f"{tmp_path}/file"):
        KillFolder(tmp_path / "file" / ".perch")
    files = KillFolder(tmp_path / ".perch")
    (files.folder / "cards").rmdir()
    with pytest.raises(StoreAway, match="No such file or directory; Perch keeps kill cards there"):
        files.keep_card(a_card())


def test_an_act_that_the_disk_refuses_is_kept_in_memory_and_visible_to_every_fence(files: KillFolder) -> None:
    """Law 2: a full disk stops no kill; nobody raises meanwhile, and the record follows."""
    (files.folder / "spool").rmdir()
    assert files.begin(an_act()) is True
    assert files.begin(an_act()) is False
    files.outcome("click:1", {"name": "http"})
    assert files.only_remembered("click:1")
    (files.folder / "spool").mkdir()
    assert [(act.key, act.outcomes) for act in files.spooled()] == [("click:1", ({"name": "http"},))]
    files.merged("click:1")
    assert files.spooled() == []
    assert not files.only_remembered("click:1")


def test_a_rehearsal_writes_where_cards_and_acts_would_be_and_leaves_nothing(files: KillFolder) -> None:
    """X3."""
    files.rehearse()
    assert [path for path in files.folder.rglob("*") if path.is_file()] == []
    (files.folder / "cards").rmdir()
    with pytest.raises(StoreAway):
        files.rehearse()


def test_outcomes_that_come_at_the_same_moment_are_all_kept(files: KillFolder) -> None:
    """Law 4, T9: the methods of a tier end together, each in a thread of its own."""
    files.begin(an_act())
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: files.outcome(an_act().key, {"name": "x" * number}), range(200)))
    (act,) = files.spooled()
    assert sorted(len(outcome["name"]) for outcome in act.outcomes) == list(range(200))
