"""Evidence in the database: append and read it; `storage.verifying` says whether it is whole.

Nothing here trusts a row: a record that can't be read is named as the bad one, like a record that was changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.errors import UnknownRollout
from bot.domain.evidence import WORKSPACE, Entry, Head, Record, canonical, extend
from bot.domain.signatures import Seal, Signer, head_text, record_text
from bot.ports import StoreAway
from storage.database import Database
from storage.tables import ChainHeadRow, EvidenceRow, RolloutRow, table

_TEXTS = ("kind", "at", "actor", "previous", "hash")
_EVIDENCE, _ROLLOUTS, _HEADS = table(EvidenceRow), table(RolloutRow), table(ChainHeadRow)

_WITH_ROLLOUT, _BY_ITSELF = _ROLLOUTS.c.id == bindparam("of"), _HEADS.c.chain == bindparam("of")
"""Where a chain's head is kept."""
_HEAD_WITH_ROLLOUT = select(*_ROLLOUTS.c["head_number", "head_hash", "head_key", "head_signature"]).where(_WITH_ROLLOUT)
_HEAD_BY_ITSELF = select(*_HEADS.c["number", "hash", "key", "signature"]).where(_BY_ITSELF)
_KEEP_WITH_ROLLOUT, _KEEP_BY_ITSELF = update(_ROLLOUTS).where(_WITH_ROLLOUT), update(_HEADS).where(_BY_ITSELF)
_TURNS = (
    select(_ROLLOUTS.c.id).where(_WITH_ROLLOUT).with_for_update(),
    select(_HEADS.c.chain).where(_BY_ITSELF).with_for_update(),
)
_ADD = insert(_EVIDENCE)
_OF_CHAIN = select(_EVIDENCE).where(_EVIDENCE.c.chain == bindparam("of")).order_by(_EVIDENCE.c.number)


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A chain's head as it is kept, and its signature where it has one."""

    head: Head
    seal: Seal | None = None


async def append(
    connection: AsyncConnection, chain: str, head: Head, entries: Iterable[Entry], signer: Signer | None = None
) -> Head:
    """Link entries after `head` and insert them, signed by whoever signs; returns the new head, to be kept."""
    records, head = extend(chain, head, entries)
    if records:
        rows = [_columns(record) | _seal(signer, record_text(record)) for record in records]
        await connection.execute(_ADD, rows)
    return head


async def head_of(connection: AsyncConnection, chain: str) -> Head:
    """The kept head of a chain. Raises UnknownRollout for a chain that nobody keeps."""
    return (await kept_head(connection, chain)).head


async def kept_head(connection: AsyncConnection, chain: str) -> KeptHead:
    """The kept head with its signature. Raises UnknownRollout for a chain that nobody keeps."""
    found = (await connection.execute(_HEAD_WITH_ROLLOUT, {"of": chain})).first()
    if found is None:
        found = (await connection.execute(_HEAD_BY_ITSELF, {"of": chain})).first()
    if found is not None:
        return KeptHead(Head(found[0], found[1]), sealed(found[2], found[3]))
    if chain == WORKSPACE:
        return KeptHead(Head())
    raise UnknownRollout(chain, "/canary list")


async def keep_head(connection: AsyncConnection, chain: str, head: Head, signer: Signer | None = None) -> None:
    """Keep a chain's new head: with its rollout, or by itself for a chain that has none."""
    kept = head_columns(chain, head, signer)
    if (await connection.execute(_KEEP_WITH_ROLLOUT, {"of": chain, **kept})).rowcount:
        return
    own = {name.removeprefix("head_"): value for name, value in kept.items()}
    if not (await connection.execute(_KEEP_BY_ITSELF, {"of": chain, **own})).rowcount:
        await connection.execute(insert(_HEADS), {"chain": chain, **own})


async def note(
    database: Database, connection: AsyncConnection, chain: str, entries: Iterable[Entry], signer: Signer | None
) -> None:
    """Append to a chain where no rollout's row is changed along."""
    await take_turns(database, connection, chain)
    head = await append(connection, chain, await head_of(connection, chain), entries, signer)
    await keep_head(connection, chain, head, signer)


async def take_turns(database: Database, connection: AsyncConnection, chain: str) -> None:
    """Wait for the commits of whoever has a chain in hand: two at once would both follow the same record."""
    if chain == WORKSPACE:
        begun = {"chain": chain, "number": Head().number, "hash": Head().hash}
        await connection.execute(database.insert_new(_HEADS), begun)
    for turn in _TURNS:
        await connection.execute(turn, {"of": chain})


def head_columns(chain: str, head: Head, signer: Signer | None = None) -> dict[str, Any]:
    """A head as a rollout's row keeps it. A chain without records has nothing to sign."""
    seal = _seal(signer if head.number else None, head_text(chain, head))
    signed = {f"head_{name}": value for name, value in seal.items()}
    return {"head_number": head.number, "head_hash": head.hash, **signed}


def sealed(key: Any, signature: Any) -> Seal | None:
    """A signature as it was stored; None where there is none. Half of one is one that nobody can have made."""
    return None if key is None and signature is None else Seal(str(key), str(signature))


def seals_of(rows: Iterable[Any]) -> Mapping[int, Seal]:
    """The signatures of stored records, by number."""
    found = {row.number: sealed(row.key, row.signature) for row in rows}
    return {number: seal for number, seal in found.items() if seal is not None}


def _seal(signer: Signer | None, text: str) -> dict[str, Any]:
    seal = signer.sign(text) if signer else None
    return {"key": seal.key if seal else None, "signature": seal.signature if seal else None}


async def rows_of(connection: AsyncConnection, chain: str) -> Sequence[Row[Any]]:
    """The stored records of a chain, in order, unread: `storage.verifying` says whether they are whole."""
    return (await connection.execute(_OF_CHAIN, {"of": chain})).all()


async def read_chain(database: Database, chain: str) -> Sequence[Record]:
    """All records of a chain. Raises StoreAway when one can't be read; `check_chain` says which."""
    rows = await database.read(lambda connection: rows_of(connection, chain))
    return read(chain, rows)


def read(chain: str, rows: Iterable[Any]) -> Sequence[Record]:
    """Stored records as values. Raises StoreAway when one can't be read."""
    try:
        return [parsed(row) for row in rows]
    except ValueError as fault:
        raise StoreAway(f"the evidence of {chain} is damaged; see perch evidence verify {chain}") from fault


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


def parsed(row: Any) -> Record:
    """A stored record as a value; raises ValueError for whatever can't have been written by Perch."""
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
