"""Evidence in the database: append, read, and verify it against the head that is kept with the rollout.

Nothing here trusts a row: a record that can't be read is named as the bad one, like a record that was changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.errors import UnknownRollout
from bot.domain.evidence import GENESIS, WORKSPACE, Broken, Entry, Head, Record, canonical, extend, verify
from bot.ports import StoreAway
from storage.database import Database
from storage.tables import ChainHeadRow, EvidenceRow, RolloutRow, table

_TEXTS = ("kind", "at", "actor", "previous", "hash")
_EVIDENCE = table(EvidenceRow)


async def append(connection: AsyncConnection, chain: str, head: Head, entries: Iterable[Entry]) -> Head:
    """Link entries after `head` and insert them; returns the new head, which the caller must keep."""
    records, head = extend(chain, head, entries)
    if records:
        await connection.execute(insert(_EVIDENCE), [_columns(record) for record in records])
    return head


async def head_of(connection: AsyncConnection, chain: str) -> Head:
    """The kept head of a chain. Raises UnknownRollout for a chain that nobody keeps."""
    of_rollout = select(col(RolloutRow.head_number), col(RolloutRow.head_hash)).where(col(RolloutRow.id) == chain)
    found = (await connection.execute(of_rollout)).first()
    if found is None:
        own = select(col(ChainHeadRow.number), col(ChainHeadRow.hash)).where(col(ChainHeadRow.chain) == chain)
        found = (await connection.execute(own)).first()
    if found is not None:
        return Head(found[0], found[1])
    if chain == WORKSPACE:
        return Head()
    raise UnknownRollout(chain, "/canary list")


async def keep_head(connection: AsyncConnection, chain: str, head: Head) -> None:
    """Keep a chain's new head: with its rollout, or by itself for a chain that has none."""
    kept = {"head_number": head.number, "head_hash": head.hash}
    done = await connection.execute(update(table(RolloutRow)).where(col(RolloutRow.id) == chain).values(kept))
    if done.rowcount:
        return
    own = {"number": head.number, "hash": head.hash}
    done = await connection.execute(update(table(ChainHeadRow)).where(col(ChainHeadRow.chain) == chain).values(own))
    if not done.rowcount:
        await connection.execute(insert(table(ChainHeadRow)).values(chain=chain, **own))


async def rows_of(connection: AsyncConnection, chain: str) -> Sequence[Row[Any]]:
    """The stored records of a chain, in order, unread: `examine` says whether they are whole."""
    chosen = select(_EVIDENCE).where(_EVIDENCE.c.chain == chain).order_by(_EVIDENCE.c.number)
    return (await connection.execute(chosen)).all()


async def read_chain(database: Database, chain: str) -> Sequence[Record]:
    """All records of a chain. Raises StoreAway when one can't be read; `verify_chain` says which."""
    rows = await database.read(lambda connection: rows_of(connection, chain))
    return read(chain, rows)


def read(chain: str, rows: Iterable[Any]) -> Sequence[Record]:
    """Stored records as values. Raises StoreAway when one can't be read."""
    try:
        return [_record(row) for row in rows]
    except ValueError as fault:
        raise StoreAway(f"the evidence of {chain} is damaged; see perch evidence verify {chain}") from fault


async def verify_chain(database: Database, chain: str) -> Broken | None:
    """The first bad record of one chain, or None when it is whole. Raises UnknownRollout, StoreAway."""

    async def work(connection: AsyncConnection) -> tuple[Head, Sequence[Row[Any]]]:
        return await head_of(connection, chain), await rows_of(connection, chain)

    head, rows = await database.read(work)
    return examine(chain, rows, head)


async def chains(database: Database) -> Sequence[str]:
    """Every chain that is kept or has records, the workspace's included."""

    async def work(connection: AsyncConnection) -> set[str]:
        found: set[str] = set()
        for column in (RolloutRow.id, ChainHeadRow.chain, EvidenceRow.chain):
            found.update((await connection.execute(select(col(column)).distinct())).scalars())
        return found

    return sorted(await database.read(work))


async def find_chain(database: Database, name: str) -> str:
    """The chain that a person means: `workspace`, a rollout's id, or a plan's name for its newest rollout.

    Raises UnknownRollout with the nearest name there is, StoreAway.
    """
    by_id = select(col(RolloutRow.id)).where(col(RolloutRow.id) == name)
    by_plan = select(col(RolloutRow.id)).where(col(RolloutRow.plan) == name).order_by(col(RolloutRow.started_at).desc())

    async def work(connection: AsyncConnection) -> tuple[str | None, Sequence[str]]:
        found = await connection.scalar(by_id) or await connection.scalar(by_plan.limit(1))
        plans = (await connection.execute(select(col(RolloutRow.plan)).distinct())).scalars().all()
        return found, plans

    if name == WORKSPACE:
        return name
    found, plans = await database.read(work)
    if found is None:
        near = get_close_matches(name, plans, 1)
        raise UnknownRollout(name, f"say {near[0]}" if near else "perch rollouts")
    return found


async def verify_all(database: Database) -> list[Broken]:
    """The first bad record of each chain that isn't whole; empty when all are."""
    broken = []
    for chain in await chains(database):
        try:
            found = await verify_chain(database, chain)
        except UnknownRollout:
            found = Broken(chain, 1, "there are records, but no rollout keeps this chain's head")
        except StoreAway as away:
            found = Broken(chain, 1, f"it can't be read: {away}")
        if found is not None:
            broken.append(found)
    return broken


def examine(chain: str, rows: Iterable[Any], head: Head) -> Broken | None:
    """The first bad one of stored records, unreadable ones included; None when they are whole up to `head`."""
    records: list[Record] = []
    for row in rows:
        try:
            records.append(_record(row))
        except ValueError:
            readable = Head(len(records), records[-1].hash if records else GENESIS)
            unreadable = Broken(chain, len(records) + 1, "it isn't as it was written: it can't be read")
            return verify(chain, records, readable) or unreadable
    return verify(chain, records, head)


def _record(row: Any) -> Record:
    """A stored record; raises ValueError for whatever can't have been written by Perch."""
    if not isinstance(row.number, int) or not all(isinstance(getattr(row, name), str) for name in (*_TEXTS, "chain")):
        raise ValueError("a field has another type")
    body = json.loads(row.body) if isinstance(row.body, str) else None
    # Other spaces, a key twice, \u escapes: the same value, but not the bytes that were written.
    if not isinstance(body, dict) or canonical(body) != row.body:
        raise ValueError("the body isn't canonical JSON")
    record = Record(row.chain, row.number, row.kind, row.at, row.actor, body, row.previous, row.hash)
    # Bytes that aren't UTF-8 were let through as surrogates; this is where they surface.
    canonical(_columns(record)).encode()
    return record


def _columns(record: Record) -> dict[str, Any]:
    return {
        "chain": record.chain,
        "number": record.number,
        "kind": record.kind,
        "at": record.at,
        "actor": record.actor,
        "body": canonical(record.body),
        "previous": record.previous,
        "hash": record.hash,
    }
