"""Law 9: evidence shows tampering. Whatever is done to the stored records, the first bad one is named."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import UnknownRollout
from bot.domain.evidence import GENESIS, WORKSPACE, Head, Record, canonical, extend
from bot.ports import Change
from storage.database import Database, open_database, open_existing
from storage.evidence import KeptHead, find_chain
from storage.rollouts import SqlRollouts
from storage.verifying import NO_KEYS, examined, verify_all
from tests.storage.samples import TREE, Hands, a_rollout, an_entry, seconds

T = TypeVar("T")
ENTRIES = tuple(
    an_entry(f"kind{number}", note=f"body of record {number} ñ", value=number / 8) for number in range(1, 6)
)
TRIGGERS = ("evidence_no_update", "evidence_no_delete", "evidence_no_replace")


def ask(file: Path, question: Callable[[Database], Awaitable[T]]) -> T:
    async def asked() -> T:
        database = await open_existing(f"sqlite:///{file}")
        try:
            return await question(database)
        finally:
            await database.aclose()

    return asyncio.run(asked())


async def written(file: Path) -> None:
    database = await open_database(f"sqlite:///{file}")
    rollouts = SqlRollouts(database, Hands())
    for id in ("r1", "r2"):
        created = await rollouts.create(a_rollout(id), TREE, Change(evidence=ENTRIES[:2]))
        await rollouts.save(created, Change(evidence=ENTRIES[2:]))
    await rollouts.note(WORKSPACE, ENTRIES)
    await database.aclose()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("evidence") / "perch.db"
    asyncio.run(written(file))
    return file


@pytest.fixture
def file(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "perch.db"))


def tamper(file: Path, *statements: str) -> None:
    """As somebody would who may write the file, and knows of the triggers."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for name in TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


def test_chains_that_nobody_touched_are_whole(file: Path) -> None:
    assert ask(file, verify_all) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence SET kind = 'x'",
        "DELETE FROM evidence WHERE number = 5",
        "INSERT OR REPLACE INTO evidence SELECT chain, number, 'x', at, actor, body, previous, hash, '', ''"
        " FROM evidence",
    ],
)
def test_the_database_itself_refuses_to_change_evidence(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)


WHERE = "chain = 'r1' AND number"


@pytest.mark.parametrize(
    ("statements", "number"),
    [
        *(
            ([f"UPDATE evidence SET {column} = 'other' WHERE {WHERE} = 3"], 3)
            for column in ("kind", "at", "actor", "hash")
        ),
        ([f"UPDATE evidence SET body = replace(body, 'record 3', 'record 4') WHERE {WHERE} = 3"], 3),
        ([f"UPDATE evidence SET body = replace(body, ':', ': ') WHERE {WHERE} = 3"], 3),
        ([f"UPDATE evidence SET body = 'no json' WHERE {WHERE} = 3"], 3),
        ([f"UPDATE evidence SET body = x'ff00' WHERE {WHERE} = 3"], 3),
        ([f"UPDATE evidence SET actor = CAST(x'55ff' AS TEXT) WHERE {WHERE} = 3"], 3),
        ([f"UPDATE evidence SET previous = '{GENESIS}' WHERE {WHERE} = 3"], 3),
        ([f"UPDATE evidence SET number = 9 WHERE {WHERE} = 3"], 3),
        ([f"UPDATE evidence SET chain = 'r2', number = 6 WHERE {WHERE} = 3"], 3),
        ([f"DELETE FROM evidence WHERE {WHERE} = 1"], 1),
        ([f"DELETE FROM evidence WHERE {WHERE} = 3"], 3),
        ([f"DELETE FROM evidence WHERE {WHERE} >= 4"], 4),
        (["DELETE FROM evidence WHERE chain = 'r1'"], 1),
        (
            [f"UPDATE evidence SET number = {new} WHERE {WHERE} = {old}" for old, new in ((2, 99), (3, 2), (99, 3))],
            2,
        ),
        ([f"UPDATE evidence SET body = '{{}}' WHERE {WHERE} = {number}" for number in (5, 2)], 2),
        (["UPDATE rollouts SET head_number = 4 WHERE id = 'r1'"], 4),
        (["UPDATE rollouts SET head_hash = replace(head_hash, substr(head_hash, 1, 1), 'x') WHERE id = 'r1'"], 5),
        (["UPDATE rollouts SET id = 'r9' WHERE id = 'r1'"], 1),
    ],
)
def test_whatever_is_changed_the_first_bad_record_is_named(file: Path, statements: list[str], number: int) -> None:
    tamper(file, *statements)
    broken = {bad.chain: bad.number for bad in ask(file, verify_all)}
    assert broken.pop("r1") == number
    assert WORKSPACE not in broken


INSERT = (
    "INSERT INTO evidence (chain, number, kind, at, actor, body, previous, hash) "
    "VALUES (:chain, :number, :kind, :at, :actor, :body, :previous, :hash)"
)


def columns(record: Record) -> dict[str, Any]:
    return {**asdict(record), "body": canonical(record.body)}


def test_a_forged_record_at_the_end_disagrees_with_the_head(file: Path) -> None:
    """Rightly linked, as anybody can: the hash has no secret. The head is what it can't meet."""
    with closing(sqlite3.connect(file)) as connection, connection:
        number, hash = connection.execute("SELECT head_number, head_hash FROM rollouts WHERE id = 'r1'").fetchone()
        (forged,), _ = extend("r1", Head(number, hash), [an_entry("approved")])
        connection.execute(INSERT, columns(forged))
    assert [(bad.chain, bad.number) for bad in ask(file, verify_all)] == [("r1", 6)]


def test_a_chain_that_was_written_anew_disagrees_with_the_head(file: Path) -> None:
    records, _ = extend("r1", Head(), [*ENTRIES[:4], an_entry("approved")])
    tamper(file, "DELETE FROM evidence WHERE chain = 'r1'")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(INSERT, [columns(record) for record in records])
    assert [(bad.chain, bad.number) for bad in ask(file, verify_all)] == [("r1", 5)]


@pytest.mark.parametrize("number", [1, 3, 5])
def test_one_changed_byte_in_the_file_is_found_and_placed(file: Path, number: int) -> None:
    content = file.read_bytes()
    start = content.index(b"r2" + bytes([number] if number > 1 else []) + f"kind{number}".encode())
    end = content.index(f'"value":{number / 8}}}'.encode(), start) + 12 + 2 * len(GENESIS)
    found = []
    for place in range(content.index(b"kind", start), end, 7):
        spoiled = bytearray(content)
        spoiled[place] ^= 1 << (place % 8)
        file.write_bytes(spoiled)
        found.append([(bad.chain, bad.number) for bad in ask(file, verify_all)])
    assert found == [[("r2", number)]] * len(found)


FIELDS = ("chain", "kind", "at", "actor", "body", "previous", "hash")
TEXT = st.text(st.characters(codec=None), max_size=9)


@given(
    number=st.integers(1, 5),
    field=st.sampled_from(["chain", "kind", "at", "actor", "body", "previous", "hash"]),
    new=TEXT,
)
def test_any_text_in_any_field_of_any_record_is_named(number: int, field: str, new: str) -> None:
    records, head = extend("r1", Head(), ENTRIES)
    rows = [SimpleNamespace(**columns(record), key=None, signature=None) for record in records]
    if getattr(rows[number - 1], field) == new:
        return
    setattr(rows[number - 1], field, new)
    broken = examined("r1", rows, KeptHead(head), NO_KEYS).broken
    assert broken is not None
    assert broken.number == number


def test_a_name_is_a_rollout_a_plan_or_the_workspace(file: Path) -> None:
    async def later(database: Database) -> None:
        newer = a_rollout("r3", plan="plan-r1", environment="lab", started_at=a_rollout().started_at + seconds(9))
        await SqlRollouts(database, Hands()).create(newer, TREE, Change())

    ask(file, later)
    for name, chain in (("r1", "r1"), ("plan-r1", "r3"), ("plan-r2", "r2"), (WORKSPACE, WORKSPACE)):
        assert ask(file, partial(find_chain, name=name)) == chain
    with pytest.raises(UnknownRollout) as unknown:
        ask(file, lambda database: find_chain(database, "plan-r"))
    assert unknown.value.next_step in ("say plan-r1", "say plan-r2")
