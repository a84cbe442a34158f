"""Anchors: where a record stood, as seen from outside the database. A rewritten database disagrees with them.

Each decision is posted in Slack with the number of records and the beginning of the last one's hash; somebody may have
written one down from a phone. Whoever rewrites the database, head and all, can't rewrite those.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.evidence import Broken, Record


@dataclass(frozen=True, slots=True)
class Anchor:
    """`hash` is the beginning of the hash of record `number`; `seen` says where it was seen, for people."""

    number: int
    hash: str
    seen: str


def verify_anchors(chain: str, records: Sequence[Record], anchors: Iterable[Anchor]) -> Broken | None:
    """The first record that isn't the one that was seen, or None. `records` is a chain that is whole by itself."""
    agreed = 0
    for anchor in sorted(anchors, key=lambda each: each.number):
        if anchor.number > len(records):
            cut = f"the tail is cut: {anchor.seen} there were {anchor.number} records, {len(records)} are left"
            return Broken(chain, len(records) + 1, cut)
        found = records[anchor.number - 1].hash
        if not found.startswith(anchor.hash):
            return Broken(chain, anchor.number, _rewritten(anchor, found, agreed))
        agreed = anchor.number
    return None


def _rewritten(anchor: Anchor, found: str, agreed: int) -> str:
    first = agreed + 1
    where = "this record was" if first == anchor.number else f"something between record {first} and this one was"
    shown = found[: len(anchor.hash)]
    return f"{anchor.seen} its hash began with {anchor.hash}, here it begins with {shown}: {where} written anew"
