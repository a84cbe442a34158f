"""The soak's own rules find what they are for: each is broken here on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.evidence import Entry, Head, Record, extend
from tests.soak.rules import broken_rules

RAISE: Mapping[str, Any] = {"way": "raise", "weight": 50.0, "id": "b"}
Told = tuple[str, str, Mapping[str, Any]]
WHOLE: list[Told] = [
    ("started", "U1", {}),
    ("gate", "perch", {}),
    ("approved", "U2", {}),
    ("promoted", "perch", {}),
    ("intended", "perch", RAISE),
    ("rolling_back", "perch", {"reason": "latency_p99 > 5s"}),
    ("intended", "perch", {**RAISE, "way": "lower", "weight": 0.0}),
    ("rolled_back", "perch", {}),
]


def records(told: list[Told]) -> tuple[Record, ...]:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    return extend("apples-1", Head(), [Entry(kind, at, actor, body) for kind, actor, body in told])[0]


def test_a_sound_record_breaks_none() -> None:
    """A real regression, rolled back."""
    assert broken_rules("apples", records(WHOLE), {"apples"}) == []


@pytest.mark.parametrize(
    ("more", "sick", "found"),
    [
        ([("intended", "perch", RAISE)], {"apples"}, "intends to raise, after rolling_back"),
        ([("promoted", "perch", {})], {"apples"}, "is promoted, after rolling_back"),
        ([], set[str](), "rolls a healthy canary back"),
        ([("approved", "U2", {}), ("approved", "U2", {})], {"apples"}, "approved twice"),
    ],
)
def test_a_broken_rule_is_named(more: list[Told], sick: set[str], found: str) -> None:
    """Laws 3, 6 and 7."""
    assert found in "; ".join(broken_rules("apples", records([*WHOLE, *more]), sick))
