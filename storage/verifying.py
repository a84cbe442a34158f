"""Is the stored record whole? Each chain against its kept head, its signatures, and what others saw of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import UnknownRollout
from bot.domain.evidence import GENESIS, Broken, Head, Record, verify
from bot.domain.redactions import Redaction, redactions
from bot.domain.signatures import PublicKeys, Seal, Signing, record_text, verify_signatures
from bot.ports import StoreAway
from storage.database import Database
from storage.evidence import KeptHead, chains, kept_head, parsed, rows_of, seals_of
from storage.signing import KnownKeys

NO_KEYS = KnownKeys()


@dataclass(frozen=True, slots=True)
class Checked:
    """What one chain's verification found: its first bad record, if any, how many records, how far signed."""

    chain: str
    broken: Broken | None
    records: Sequence[Record] = ()
    signing: Signing = field(default_factory=Signing)
    seals: Mapping[int, Seal] = field(default_factory=dict)
    """Its records' signatures, by number."""
    redactions: Sequence[Redaction] = ()
    """What was taken out of its records later, by what they say."""


async def check_chain(database: Database, chain: str, keys: PublicKeys = NO_KEYS) -> Checked:
    """Verify one chain and its signatures. Raises UnknownRollout, StoreAway."""

    async def work(connection: AsyncConnection) -> tuple[KeptHead, Sequence[Row[Any]]]:
        return await kept_head(connection, chain), await rows_of(connection, chain)

    kept, rows = await database.read(work)
    return examined(chain, rows, kept, keys)


async def check_all(database: Database, keys: PublicKeys = NO_KEYS) -> list[Checked]:
    """Verify every chain; what can't even be read is bad. Raises StoreAway when nothing can be asked."""
    return [await _checked(database, chain, keys) for chain in await chains(database)]


async def verify_all(database: Database, keys: PublicKeys = NO_KEYS) -> list[Broken]:
    """The first bad record of each chain that isn't whole; empty when all are."""
    return [each.broken for each in await check_all(database, keys) if each.broken is not None]


def examined(chain: str, rows: Sequence[Any], kept: KeptHead, keys: PublicKeys) -> Checked:
    """Stored records, unreadable ones included, against the kept head and their signatures."""
    records, unreadable = _readable(chain, rows)
    return judged(chain, records, seals_of(rows), kept, keys, unreadable)


def judged(
    chain: str,
    records: Sequence[Record],
    seals: Mapping[int, Seal],
    kept: KeptHead,
    keys: PublicKeys,
    unreadable: Broken | None = None,
) -> Checked:
    """The first thing wrong with records as far as they can be read, by hash and by signature."""
    head = Head(len(records), records[-1].hash if records else GENESIS) if unreadable else kept.head
    broken = verify(chain, records, head) or unreadable
    forged, signing = verify_signatures(chain, records, seals, kept.head, kept.seal, keys)
    found = [each for each in (broken, forged) if each is not None]
    gone = redactions(records, lambda record: _is_signed(record, seals, keys))
    return Checked(chain, min(found, key=lambda each: each.number, default=None), records, signing, seals, gone)


def _is_signed(record: Record, seals: Mapping[int, Seal], keys: PublicKeys) -> bool | None:
    seal = seals.get(record.number)
    return False if seal is None else keys.signed(record_text(record), seal)


def _readable(chain: str, rows: Iterable[Any]) -> tuple[list[Record], Broken | None]:
    records: list[Record] = []
    for row in rows:
        try:
            records.append(parsed(row))
        except ValueError:
            return records, Broken(chain, len(records) + 1, "it isn't as it was written: it can't be read")
    return records, None


async def _checked(database: Database, chain: str, keys: PublicKeys) -> Checked:
    try:
        return await check_chain(database, chain, keys)
    except UnknownRollout:
        return Checked(chain, Broken(chain, 1, "there are records, but no rollout keeps this chain's head"))
    except StoreAway as away:
        return Checked(chain, Broken(chain, 1, f"it can't be read: {away}"))
