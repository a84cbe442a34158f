"""One record of the evidence in a line: when, what, what of it, by whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.domain.evidence import Record
from bot.wording.language import t
from bot.wording.sentences import code, cut, moment_exact, plain, who

FACTS = ("decision", "verdict", "item", "name", "why", "reason", "fault", "did")
"""Facts that say what a record is about in a word, the first that is there."""


_STOOD = re.compile(r"Record: (\d+) entries, the last one's hash begins with `([0-9a-f]+)`")
BEGINNING = 16
"""Hexadecimal digits of a hash that are posted."""


def stands(number: int, hash: str) -> str:
    """Where the record stood, posted under a decision (law 9); in one language, for Perch reads it back: `stood`."""
    return f"Record: {number} entries, the last one's hash begins with `{hash[:BEGINNING]}`"


def stood(text: str) -> tuple[int, str] | None:
    """What `stands` said in a posted text: how many records, and how the last one's hash began."""
    found = _STOOD.search(text)
    return (int(found[1]), found[2]) if found else None


def record_text(record: Record) -> str:
    """`29. 01:03:29 stage_confirmed 50% → 100% by Perch`."""
    about = " ".join(filter(None, (code(record.kind, 40), plain(gist(record.body), 80))))
    return t(
        "{number}. {at} {what} by {who}", number=record.number, at=_at(record.at), what=about, who=who(record.actor)
    )


def gist(body: Mapping[str, Any]) -> str:
    """The weights that a record speaks of, and its first word of explanation."""
    weights = [body[key] for key in ("from", "before", "weight", "to") if isinstance(body.get(key), int | float)]
    parts = [" → ".join(f"{weight:g}%" for weight in dict.fromkeys(weights))] if weights else []
    words = [str(body[key]) for key in FACTS if isinstance(body.get(key), str) and body[key]]
    return cut(", ".join([*parts, *words[:1]]), 80)


def _at(text: str) -> str:
    try:
        return moment_exact(datetime.fromisoformat(text))
    except ValueError:
        return plain(text, 40)
