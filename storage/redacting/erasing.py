"""Taking it out: new archive files first, then one commit for everything in the database, then what is left of files.

A crash before the commit changes nothing but leaves a file that no row names; one after it leaves files that the next
run takes care of. Run twice, it finds nothing the second time, and puts nothing on record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.evidence import REDACTED_KIND, WORKSPACE, Entry, canonical
from bot.domain.redactions import Scrub, told
from bot.domain.signatures import Signer
from bot.ports import Outgoing
from storage import outbox
from storage.archive.archiving import rewritten
from storage.archive.shelf import every_archive
from storage.database import Database
from storage.evidence import note
from storage.redacting.found import CantRedact, Found, InChain, Update
from storage.tables import ArchiveRow, EvidenceRow, FrozenPlanRow, PlaceRow, RolloutRow, table

COMMIT_S = 60.0
_EVIDENCE, _ARCHIVES = table(EvidenceRow), table(ArchiveRow)
_PLANS, _PLACES = table(FrozenPlanRow), table(PlaceRow)


@dataclass(frozen=True, slots=True)
class Because:
    """Who takes it out, when and why."""

    by: str
    at: datetime
    reason: str


async def erase(database: Database, found: Found, scrub: Scrub, because: Because, signer: Signer | None) -> int:
    """Take out what was found, and say so in each chain; returns how many chains were changed.

    Raises CantRedact, with nothing changed, when a rollout or a record moved on meanwhile; StoreAway.
    """
    changed = [each for each in found.chains if each]
    if not changed:
        return 0
    files = [await rewritten(*each.archive) for each in changed if each.archive is not None]

    async def work(connection: AsyncConnection) -> None:
        for each in changed:
            entry = Entry(REDACTED_KIND, because.at, because.by, _facts(each, scrub, because))
            # First: only what the chain's newest record names may change.
            await note(database, connection, each.chain, [entry], signer)
            await _tell(database, connection, each, scrub, because)
            await _records(connection, each)
            if each.new_plan:
                await connection.execute(database.insert_new(_PLANS), each.new_plan)
            for row in each.updates:
                await _apply(connection, row)
        await _drop_plans(connection, [each.plan["digest"] for each in changed if each.plan])
        for fresh in files:
            file = {"file": fresh.file, "sha256": fresh.sha256}
            here = col(ArchiveRow.rollout) == fresh.rollout
            await connection.execute(update(_ARCHIVES).where(here).values(file))
            facts = {"rollout": fresh.rollout, "rows": fresh.rows, **file, "redacted": True}
            again = Entry("archived", because.at, because.by, facts)
            await note(database, connection, WORKSPACE, [again], signer)

    await database.write(work, within_s=COMMIT_S)
    return len(changed)


async def sweep(database: Database) -> int:
    """Remove archive files that were written anew since, for no row names them; returns how many. Raises StoreAway."""
    kept = await database.read(every_archive)

    def work() -> int:
        gone = 0
        for each in kept:
            stem = each.file.rsplit("-", 1)[0]
            for folder in {Path(each.folder), database.archive or Path(each.folder)}:
                for file in folder.glob(f"{stem}-{'[0-9a-f]' * 8}.parquet"):
                    if file.name != each.file:
                        file.unlink(missing_ok=True)
                        gone += 1
        return gone

    return await asyncio.to_thread(work)


def _facts(each: InChain, scrub: Scrub, because: Because) -> dict[str, object]:
    facts = told(scrub, because.reason, each.records, each.places)
    return facts | ({"plan": each.plan} if each.plan else {})


async def _tell(database: Database, connection: AsyncConnection, each: InChain, scrub: Scrub, because: Because) -> None:
    """In the rollout's thread, where it has one: with the record's place, as its decisions were told."""
    root = select(_PLACES.c.ts).where(_PLACES.c.rollout == each.chain, _PLACES.c.key == f"status:{each.chain}")
    if each.chain == WORKSPACE or (await connection.execute(root)).first() is None:
        return
    facts = {"by": because.by, "reason": scrub.clean(because.reason), "records": len(each.records)}
    key = f"{each.chain}:redacted:{because.at:%Y%m%dT%H%M%S%f}"
    message = Outgoing(say="redacted", key=key, facts=facts, thread=True)
    await outbox.put(database, connection, [message], because.at, each.chain)


async def _records(connection: AsyncConnection, each: InChain) -> None:
    for record, _ in each.records:
        fresh = {"actor": record.actor, "body": canonical(record.body)}
        await _apply(connection, Update(_EVIDENCE, {"chain": record.chain, "number": record.number}, fresh))


async def _drop_plans(connection: AsyncConnection, digests: Sequence[str]) -> None:
    """Plans as they were, unless another rollout still stands on one."""
    used = exists().where(col(RolloutRow.plan_digest) == _PLANS.c.digest)
    await connection.execute(delete(_PLANS).where(_PLANS.c.digest.in_(digests), ~used))


async def _apply(connection: AsyncConnection, row: Update) -> None:
    here: Sequence[object] = [row.table.c[name] == value for name, value in row.key.items()]
    if not (await connection.execute(update(row.table).where(*here).values(dict(row.values)))).rowcount:  # type: ignore[arg-type]
        raise CantRedact("something was saved meanwhile, so nothing was redacted", "type it again")
