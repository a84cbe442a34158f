"""One evidence record and its hash chain: append-only, one chain per rollout, one for the workspace.

hash = SHA-256 over the canonical JSON of the record without its hash, the previous record's hash included. So a
changed, removed, reordered or forged record breaks the chain where it stands, and a cut tail disagrees with the head
(number of records and last hash) that is kept with the rollout and posted in Slack.

A record whose content was redacted keeps its hash; a later record of kind REDACTED_KIND says what its content hashes to
now (`content_hash`). Nothing else may differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GENESIS = "0" * 64
WORKSPACE = "workspace"
"""The chain of refusals and acts that belong to no rollout."""
REDACTED_KIND = "redacted"
"""The kind of a record that says what was taken out of earlier ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, before it has a place in a chain. `body` is JSON-able and holds no secret."""

    kind: str
    at: datetime
    actor: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """An entry in its place: `number` counts from 1 within `chain`."""

    chain: str
    number: int
    kind: str
    at: str
    actor: str
    body: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many records it has, and the last one's hash."""

    number: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Broken:
    """The first bad record of a chain and what is wrong with it."""

    chain: str
    number: int
    what: str


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, UTF-8: the same value is always the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _digest(chain: str, number: int, kind: str, at: str, actor: str, body: Any, previous: str) -> str:
    fields = {"chain": chain, "number": number, "kind": kind, "at": at, "actor": actor, "body": body}
    return hashlib.sha256(canonical({**fields, "previous": previous}).encode()).hexdigest()


def link(chain: str, head: Head, entry: Entry) -> Record:
    """Give an entry its place after `head`."""
    at, number = entry.at.isoformat(), head.number + 1
    body = json.loads(canonical(entry.body))
    digest = _digest(chain, number, entry.kind, at, entry.actor, body, head.hash)
    return Record(chain, number, entry.kind, at, entry.actor, body, head.hash, digest)


def extend(chain: str, head: Head, entries: Iterable[Entry]) -> tuple[tuple[Record, ...], Head]:
    """Link entries one after the other; returns the records and the new head."""
    records: list[Record] = []
    for entry in entries:
        record = link(chain, head, entry)
        records.append(record)
        head = Head(record.number, record.hash)
    return tuple(records), head


def content_hash(record: Record) -> str:
    """The hash of a record as it stands: its own hash, unless its content was changed since."""
    fields = (record.chain, record.number, record.kind, record.at, record.actor, record.body, record.previous)
    return _digest(*fields)


def named_in(record: Record) -> Mapping[int, str]:
    """The records that a `redacted` one names, all before it, each with the hash of what remains of it."""
    named = record.body.get("records") if record.kind == REDACTED_KIND else None
    found = [each for each in named if isinstance(each, Mapping)] if isinstance(named, list) else []
    return {
        each["number"]: each["left"]
        for each in found
        if type(each.get("number")) is int and isinstance(each.get("left"), str) and each["number"] < record.number
    }


def vouched(records: Iterable[Record]) -> Mapping[int, str]:
    """What remains of each redacted record, as the newest `redacted` record that names it says."""
    found: dict[int, str] = {}
    for record in records:
        found |= named_in(record)
    return found


def verify(chain: str, records: Iterable[Record], head: Head) -> Broken | None:
    """Walk a chain from its beginning; returns the first bad record, or None when it is whole up to `head`.

    A redacted record is whole where it is exactly what a later record of this chain says is left of it. Whether that
    one may be believed is its signature's affair.
    """
    seen, records = Head(), tuple(records)
    left = vouched(records)
    for record in records:
        wrong = _fault(chain, seen, record, left.get(record.number)) or _beyond(seen, head)
        if wrong:
            return Broken(chain, seen.number + 1, wrong)
        seen = Head(record.number, record.hash)
        if seen.number == head.number and seen != head:
            return Broken(chain, seen.number, "it isn't the last record that the rollout's head names")
    if seen.number < head.number:
        return Broken(
            chain,
            seen.number + 1,
            f"the tail is cut: {head.number} records were written, {seen.number} are left",
        )
    return None


def _beyond(seen: Head, head: Head) -> str | None:
    if seen.number < head.number:
        return None
    return f"only {head.number} records were written: it was added from outside"


def _fault(chain: str, seen: Head, record: Record, left: str | None = None) -> str | None:
    if record.number != seen.number + 1 or record.chain != chain:
        return f"record {seen.number + 1} is missing or out of order; {record.chain}/{record.number} stands there"
    content = content_hash(record)
    if content not in (record.hash, left):
        after = "written" if left is None else "redacted: it isn't what the redaction left of it"
        return f"its content doesn't match its hash: it was changed after it was {after}"
    if record.previous != seen.hash:
        return "it doesn't follow from the record before it"
    return None
