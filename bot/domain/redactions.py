"""Taking a person or a value out of a record that was written: what is replaced by what, and how the chain says so.

A redacted record keeps its number, kind, time, hash and signature; its actor and body are what remains. A later record
of the same chain, of kind `redacted`, names it with the hash of what remains: `bot.domain.evidence.verify` accepts
exactly that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.evidence import REDACTED_KIND, Record, content_hash, named_in

PERSON = "person"
VALUE = "value"
_ALONGSIDE = (("id", "name"), ("by", "by_name"))
"""Where a record holds a person's name beside the id."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """One `redacted` record: who took something out of which records, when and why.

    `signed`: by a known key; None where it's signed and no key is known to check that with.
    """

    chain: str
    number: int
    at: str
    by: str
    reason: str
    of: tuple[int, ...]
    signed: bool | None = False


@dataclass(frozen=True, slots=True)
class Scrub:
    """What goes, and what stands in its place. `clean` replaces it in a text."""

    what: str
    stands_for: str
    clean: Callable[[str], str]
    id: str = ""
    """The id of a person, whose name beside it goes too."""

    def tree(self, value: Any) -> tuple[Any, int]:
        """A JSON value without it, and in how many texts it was."""
        match value:
            case str():
                fresh = self.clean(value)
                return fresh, int(fresh != value)
            case Mapping():
                return self._mapping(value)
            case list() | tuple():
                pairs = [self.tree(item) for item in value]
                return [item for item, _ in pairs], sum(places for _, places in pairs)
            case _:
                return value, 0

    def _mapping(self, value: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        named = {name for key, name in _ALONGSIDE if self.id and value.get(key) == self.id and value.get(name)}
        fresh: dict[str, Any] = {}
        places = 0
        for key, item in value.items():
            new_key, in_key = self.tree(key)
            new_item, in_item = (self.stands_for, 1) if key in named else self.tree(item)
            fresh[new_key] = new_item
            places += in_key + in_item
        return fresh, places

    def record(self, record: Record) -> tuple[Record, int]:
        """A record without it, and in how many places it was. Hash and place stay."""
        actor, in_actor = self.tree(record.actor)
        body, in_body = self.tree(record.body)
        return replace(record, actor=actor, body=body), in_actor + in_body


def person(id: str, stands_for: str) -> Scrub:
    """A person's id, wherever it stands by itself, mentions included, and the name that stands beside it."""
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(id)}(?![A-Za-z0-9])")
    return Scrub(PERSON, stands_for, lambda text: word.sub(stands_for, text), id)


def next_person(records: Iterable[Record]) -> str:
    """The first `person-N` that no redaction has used yet."""
    used = [str(record.body.get("as", "")) for record in records if record.kind == REDACTED_KIND]
    numbers = [int(each.removeprefix("person-")) for each in used if re.fullmatch(r"person-\d{1,9}", each)]
    return f"person-{max(numbers, default=0) + 1}"


def told(
    scrub: Scrub, reason: str, changed: Sequence[tuple[Record, int]], elsewhere: Mapping[str, int]
) -> dict[str, Any]:
    """The body of the `redacted` record: what remains of each record, and in how many places it was elsewhere."""
    return {
        "what": scrub.what,
        "as": scrub.stands_for,
        "reason": scrub.clean(reason),
        "records": [
            {"number": record.number, "places": places, "left": content_hash(record)} for record, places in changed
        ],
        "elsewhere": {name: count for name, count in sorted(elsewhere.items()) if count},
    }


def redactions(records: Sequence[Record], signed: Callable[[Record], bool | None] = lambda _: False) -> list[Redaction]:
    """What was taken out of a chain's records, by what its own records say."""
    return [
        Redaction(
            record.chain,
            record.number,
            record.at,
            record.actor,
            str(record.body.get("reason", "")),
            tuple(sorted(named_in(record))),
            signed(record),
        )
        for record in records
        if record.kind == REDACTED_KIND
    ]
