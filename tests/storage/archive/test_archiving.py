"""Retention (E8): measurements go to Parquet and are found there; a crash anywhere loses no row and doubles none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import insert, select, text

from bot.domain.evidence import WORKSPACE
from bot.domain.measurements import Measurement
from bot.ports import Change, StoreAway
from storage.archive import archiving, parquet
from storage.archive.archiving import Archive
from storage.bundle import export
from storage.database import Database, open_database
from storage.evidence import read_chain
from storage.histories import SqlHistories
from storage.measurements import measurements_of
from storage.rollouts import SqlRollouts
from storage.tables import MeasurementRow, table
from storage.verifying import verify_all
from tests.storage.archive.samples import LOOKS, at, ended
from tests.storage.samples import NOW, TREE, Hands, a_rollout, seconds

pytestmark = pytest.mark.anyio

LATER = NOW + timedelta(days=20)
LONG_AGO = LATER - timedelta(days=14)


@pytest.fixture
async def database(database_address: str) -> AsyncIterator[Database]:
    database = await open_database(database_address)
    yield database
    await database.aclose()


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """For what no database does in its own way."""
    database = await open_database(f"sqlite:///{tmp_path / 'perch.db'}")
    yield database
    await database.aclose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


async def archive(database: Database, folder: Path) -> None:
    archive = Archive(database, folder)
    assert await archive.mine(LATER)
    for due in await archive.due(LONG_AGO):
        await archive.take(due, LATER)


async def in_database(database: Database) -> int:
    return len((await database.read(lambda connection: connection.execute(select(table(MeasurementRow))))).all())


async def measured(database: Database, id: str = "r1") -> Sequence[tuple[str, Measurement]]:
    return await database.read(lambda connection: measurements_of(connection, id))


async def test_what_was_archived_is_the_same_afterwards_and_so_are_the_bundles_bytes(
    database: Database, folder: Path
) -> None:
    """E8, E5: nothing that reads can tell where measurements lie."""
    await ended(database)
    histories, metrics = SqlHistories(database), ["errors", "queue", "none"]
    before = await measured(database), await export(database, "r1")
    newest, course = await histories.newest("r1", metrics, 5), await histories.course("r1", metrics, 6)
    assert len(before[0]) == 3 * LOOKS
    await archive(database, folder)
    assert await in_database(database) == 0
    assert (await measured(database), await export(database, "r1")) == before
    assert await histories.newest("r1", metrics, 5) == newest
    again = await histories.course("r1", metrics, 6)
    assert again["errors"] == course["errors"]
    # Of equal highs either is one.
    assert {point.value for point in again["queue"]} == {point.value for point in course["queue"]}


async def test_the_workspace_says_what_was_archived_and_every_chain_stays_whole(
    database: Database, folder: Path
) -> None:
    await ended(database)
    await archive(database, folder)
    (record,) = await read_chain(database, WORKSPACE)
    (file,) = folder.glob("*.parquet")
    assert (record.kind, record.actor) == ("archived", "perch")
    assert record.body["file"] == file.name
    assert record.body["rows"] == 3 * LOOKS
    assert await verify_all(database) == []


async def test_an_analyst_reads_it_with_duckdb(on_sqlite: Database, folder: Path, monkeypatch: Any) -> None:
    """E8: plainly, over all files, whatever the reader's own time zone is."""
    database = on_sqlite
    await ended(database)
    await ended(database, "r2", 1)
    await archive(database, folder)
    with duckdb.connect() as analyst:
        analyst.execute("SET TimeZone = 'America/New_York'")
        rows = analyst.execute(
            f'SELECT rollout, plan, version, environment, metric, count(*), sum(value), epoch_us(min("at")) '
            f"FROM '{folder}/*.parquet' WHERE metric = 'errors' GROUP BY ALL ORDER BY rollout"
        ).fetchall()
        typed = analyst.execute(f"DESCRIBE SELECT \"at\" FROM '{folder}/*.parquet'").fetchall()
        order = analyst.execute(f"SELECT metric, \"at\"::VARCHAR FROM '{folder}/r1-*.parquet'").fetchall()
    assert [row[:6] for row in rows] == [
        ("r1", "plan-r1", "1.2.3", "production", "errors", LOOKS),
        ("r2", "plan-r2", "1.2.3", "production", "errors", 1),
    ]
    assert rows[0][6] == pytest.approx(sum(look / 7 for look in range(LOOKS)))
    assert rows[0][7] == parquet.microseconds(NOW)
    assert typed[0][1] == "TIMESTAMP WITH TIME ZONE"
    assert order == sorted(order)


async def test_only_what_ended_long_ago_goes(on_sqlite: Database, folder: Path) -> None:
    database = on_sqlite
    await ended(database)
    rollouts = SqlRollouts(database, Hands())
    live = await rollouts.create(a_rollout("live"), TREE, Change())
    await rollouts.save(live, Change(measured=at(1)))
    due = Archive(database, folder)
    assert await due.due(NOW + seconds(60)) == []
    assert [each.id for each in await due.due(NOW + seconds(61))] == ["r1"]
    await archive(database, folder)
    assert await in_database(database) == 3
    assert await due.due(LATER) == []


class Crash(BaseException):
    """As SIGKILL: nothing that catches exceptions sees it."""


STEPS = ["_fill", "_place", "_on_record", "_empty"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(
    step: str, after: bool, on_sqlite: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E8, law 5."""
    database = on_sqlite
    await ended(database, looks=4)
    before = await measured(database), await export(database, "r1")
    with monkeypatch.context() as patch:
        crash_at(step, after, patch)
        with pytest.raises(Crash):
            await archive(database, folder)
    assert (await measured(database), await export(database, "r1")) == before
    await archive(database, folder)
    assert (await measured(database), await export(database, "r1")) == before
    assert await in_database(database) == 0
    assert len(list(folder.iterdir())) == 1
    assert len(await read_chain(database, WORKSPACE)) == 1
    assert len(parquet.read(next(folder.glob("*.parquet")))) == 12


def crash_at(step: str, after: bool, patch: pytest.MonkeyPatch) -> None:
    owner: Any = archiving if step == "_place" else Archive
    real = getattr(owner, step)
    if step == "_place":

        def place(*given: Any) -> None:
            if after:
                real(*given)
            raise Crash

        patch.setattr(owner, step, place)
        return

    async def crash(*given: Any) -> None:
        if after:
            await real(*given)
        raise Crash

    patch.setattr(owner, step, crash)


async def test_a_crash_between_two_deletions_is_taken_up_where_it_stopped(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ended(database)
    before = await measured(database)
    monkeypatch.setattr(archiving, "AT_ONCE", 7)
    write, commits = database.write, iter(range(100))

    async def torn(work: Any, **how: Any) -> Any:
        if next(commits) == 4:
            raise Crash
        return await write(work, **how)

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", torn)
        with pytest.raises(Crash):
            await archive(database, folder)
    assert 0 < await in_database(database) < len(before)
    assert await measured(database) == before
    history = await SqlHistories(database).newest("r1", ["errors"], 99)
    assert len(history["errors"]) == LOOKS
    await archive(database, folder)
    assert await measured(database) == before
    assert await in_database(database) == 0


async def test_a_changed_or_missing_file_is_named_and_nothing_is_deleted_after_it(
    on_sqlite: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 9: a file that isn't the one on record is never believed."""
    database = on_sqlite
    await ended(database)
    with monkeypatch.context() as patch:
        crash_at("_empty", False, patch)
        with pytest.raises(Crash):
            await archive(database, folder)
    (file,) = folder.glob("*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    with pytest.raises(StoreAway, match=r"was changed; put it back from a backup\. Nothing more of it is deleted"):
        await archive(database, folder)
    assert await in_database(database) == 3 * LOOKS
    with pytest.raises(StoreAway, match="was changed"):
        await export(database, "r1")
    file.unlink()
    with pytest.raises(StoreAway, match=r"aren't at .*\.parquet \(No such file or directory\)"):
        await SqlHistories(database).course("r1", ["errors"], 12)
    file.write_bytes(whole)
    await archive(database, folder)
    assert await in_database(database) == 0


async def test_an_archive_that_moved_is_found_where_the_setting_says(on_sqlite: Database, folder: Path) -> None:
    database = on_sqlite
    await ended(database)
    before = await export(database, "r1")
    await archive(database, folder)
    database.archive = folder.rename(folder.with_name("elsewhere"))
    assert await export(database, "r1") == before


async def test_one_process_at_a_time_archives(database_address: str, folder: Path) -> None:
    one, other = await open_database(database_address), await open_database(database_address)
    assert await Archive(one, folder).mine(LATER)
    assert not await Archive(other, folder).mine(LATER)
    assert await Archive(other, folder).mine(LATER + seconds(archiving.LEASE_S + 1))
    await one.aclose()
    await other.aclose()


async def test_without_duckdb_measurements_stay(
    on_sqlite: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    database = on_sqlite
    await ended(database)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(StoreAway, match=r"measurements stay.*pip install 'perch\[archive\]'"):
        await archive(database, folder)
    assert await in_database(database) == 3 * LOOKS


async def test_a_folder_that_cant_be_used_is_one_line_and_measurements_stay(
    on_sqlite: Database, tmp_path: Path
) -> None:
    database = on_sqlite
    await ended(database)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreAway, match=r"file/archive can't be used .*PERCH_ARCHIVE"):
        await archive(database, tmp_path / "file" / "archive")
    assert await in_database(database) == 3 * LOOKS


async def test_a_new_sqlite_file_gives_its_free_pages_back_in_steps(tmp_path: Path) -> None:
    """SQLite doesn't shrink by itself."""
    database = await open_database(f"sqlite:///{tmp_path / 'perch.db'}")
    await ended(database, looks=60)
    before, free = await database.room()
    assert free < before / 2
    await archive(database, tmp_path / "archive")
    size, free = await database.room()
    assert size == before
    assert free > 0
    assert await database.shrink(2) == 2
    while await database.shrink(5):
        pass
    after, free = await database.room()
    assert after < before
    assert free == 0
    assert await database.read(lambda connection: connection.scalar(text("PRAGMA integrity_check"))) == "ok"
    await database.aclose()


async def test_a_row_that_came_after_the_file_was_written_stays(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is deleted that the file doesn't hold, not even between two rows that it does."""
    await ended(database, looks=4)
    with monkeypatch.context() as patch:
        crash_at("_empty", False, patch)
        with pytest.raises(Crash):
            await archive(database, folder)
    late = {"rollout": "r1", "metric": "errors", "at": NOW + seconds(1.5), "value": 7.0, "detail": "late"}
    await database.write(lambda connection: connection.execute(insert(table(MeasurementRow)), late))
    before = await measured(database)
    await archive(database, folder)
    assert await in_database(database) == 1
    assert await measured(database) == before
    assert len(before) == 13
