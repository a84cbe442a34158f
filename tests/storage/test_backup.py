"""A backup is whole, a restore is careful, and what was restored starts held (U8)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.plan import Part
from bot.ports import Change, StoreAway
from bot.ports.archives import Job
from storage.backup import back_up, damage
from storage.database import Database, open_database
from storage.keepings import SqlKeepings
from storage.restore import restore
from storage.rollouts import SqlRollouts
from storage.verifying import verify_all
from tests.storage.samples import NOW, TREE, Hands, a_rollout, an_entry

pytestmark = pytest.mark.anyio

LATER = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "perch.db"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.db"


async def opened(file: Path) -> Database:
    return await open_database(f"sqlite:///{file}")


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    database = await opened(file)
    await SqlRollouts(database, Hands()).create(a_rollout("r1"), TREE, Change(evidence=(an_entry(),)))
    yield database
    await database.aclose()


async def test_a_backup_of_a_running_perch_is_one_whole_file(database: Database, file: Path, kept: Path) -> None:
    await asyncio.to_thread(back_up, file, kept)
    await SqlRollouts(database, Hands()).create(a_rollout("r2"), TREE, Change())
    assert sorted(path.name for path in kept.parent.iterdir() if "kept" in path.name) == ["kept.db"]
    assert kept.stat().st_mode & 0o777 == 0o600
    assert damage(kept) == []
    copy = await opened(kept)
    assert [rollout.id for rollout in await SqlRollouts(copy, Hands()).live()] == ["r1"]
    assert await verify_all(copy) == []
    await copy.aclose()


async def test_a_backup_never_overwrites(database: Database, file: Path, kept: Path) -> None:
    kept.write_text("precious")
    with pytest.raises(StoreAway, match="exists already and was left as it is"):
        back_up(file, kept)
    assert kept.read_text() == "precious"


async def test_what_cannot_be_backed_up_is_told(tmp_path: Path, file: Path) -> None:
    with pytest.raises(StoreAway, match="there is no database"):
        back_up(file, tmp_path / "kept.db")
    file.write_bytes(b"no database" * 99)
    with pytest.raises(StoreAway, match="couldn't be copied"):
        back_up(file, tmp_path / "kept.db")
    assert [path.name for path in tmp_path.iterdir()] == ["perch.db"]


async def test_a_restored_database_says_so_until_it_is_acknowledged(database: Database, file: Path, kept: Path) -> None:
    back_up(file, kept)
    await SqlRollouts(database, Hands()).create(a_rollout("r2"), TREE, Change())
    await database.aclose()
    beside = (await restore(kept, file, LATER)).kept
    assert beside == file.with_name("perch.db.before-20260401T120000Z")
    restored = await opened(file)
    rollouts = SqlRollouts(restored, Hands())
    assert [rollout.id for rollout in await rollouts.live()] == ["r1"]
    assert await rollouts.restored() == LATER
    await rollouts.acknowledge_restored()
    assert await rollouts.restored() is None
    await restored.aclose()
    former = await opened(beside)
    assert [rollout.id for rollout in await SqlRollouts(former, Hands()).live()] == ["r1", "r2"]
    assert await SqlRollouts(former, Hands()).restored() is None
    await former.aclose()


async def test_letters_of_then_arent_sent_again_and_papers_are_put_again(
    database: Database, file: Path, kept: Path
) -> None:
    """S8, E9: a letter was sent since, as far as anybody knows; papers that lie there already stay as they are."""
    papers = Job("p", "r1", 7, Part(kind="folder"), NOW)
    letter = Job("l", "r1", 0, Part(kind="mail", options={"to": "lead@x.org"}), NOW, {"say": "completed"})
    await SqlKeepings(database, Hands()).ask([papers, letter])
    await asyncio.to_thread(back_up, file, kept)
    await database.aclose()
    await restore(kept, file, LATER)
    again = await opened(file)
    waiting = await SqlKeepings(again, Hands()).claim(LATER, "me/1", 30, 9, "")
    await again.aclose()
    assert [job.id for job in waiting] == ["p"]


async def test_a_restore_into_an_empty_place_works(database: Database, file: Path, kept: Path) -> None:
    back_up(file, kept)
    elsewhere = file.with_name("new.db")
    assert (await restore(kept, elsewhere, NOW)).kept is None
    restored = await opened(elsewhere)
    assert await SqlRollouts(restored, Hands()).restored() == NOW
    await restored.aclose()


async def test_a_restore_under_a_running_perch_is_refused(database: Database, file: Path, kept: Path) -> None:
    """SQLite would remove the new database's journal when the old process ends."""
    back_up(file, kept)
    with pytest.raises(StoreAway, match=r"is in use.*stop Perch first. Nothing was restored"):
        await restore(kept, file, LATER)
    assert [rollout.id for rollout in await SqlRollouts(database, Hands()).live()] == ["r1"]
    assert sorted(path.name for path in file.parent.iterdir() if path.suffix == ".db") == ["kept.db", "perch.db"]
    assert not list(file.parent.glob("*.restoring*"))


async def test_a_damaged_backup_replaces_nothing(database: Database, file: Path, kept: Path) -> None:
    back_up(file, kept)
    await database.aclose()
    content = kept.read_bytes()
    kept.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreAway, match=r"is damaged .* nothing was restored"):
        await restore(kept, file, LATER)
    assert damage(file) == []


async def test_a_restore_replaces_a_database_beyond_opening(database: Database, file: Path, kept: Path) -> None:
    back_up(file, kept)
    await database.aclose()
    file.write_bytes(b"rubbish" * 999)
    stale = file.with_name("perch.db-wal")
    stale.write_bytes(b"frames of the lost database")
    assert await restore(kept, file, LATER)
    assert not stale.exists()
    assert damage(file) == []


async def test_a_row_that_points_nowhere_is_damage(database: Database, file: Path) -> None:
    await database.aclose()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM frozen_plans")
    assert damage(file) == ["a row of rollouts names a frozen_plans that isn't there"]
