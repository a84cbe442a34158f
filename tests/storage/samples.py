"""Values that storage tests keep and get back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.evidence import Entry
from bot.domain.planning.reading import digest
from bot.domain.rollout import Person, Rollout
from bot.ports import Card, Outgoing, Spooled

NOW = datetime(2026, 3, 29, 0, 59, 30, 250_000, tzinfo=UTC)
ANA = Person(id="U1", name="Ana")
TREE = {"name": "materializers", "metrics": {"error_rate": {"query": 'rate("ñ")'}}, "stages": [{"weight": "1%"}]}


@dataclass
class Hands:
    """A clock that tests set by hand."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


LANDED = NOW + seconds(24)
"""When what was taken in hand at NOW has landed or never will."""


def a_rollout(id: str = "r1", **changes: Any) -> Rollout:
    """A rollout as `start` makes it; its plan is named after it, so that several may live."""
    values: dict[str, Any] = {
        "id": id,
        "plan": f"plan-{id}",
        "plan_digest": digest(TREE, "production"),
        "service": "denis",
        "environment": "production",
        "version": "1.2.3",
        "requester": ANA,
        "started_at": NOW,
        "due_at": NOW,
    }
    return Rollout(**values | changes)


def an_entry(kind: str = "created", **body: Any) -> Entry:
    return Entry(kind, NOW, "U1", body)


def a_post(key: str, **changes: Any) -> Outgoing:
    return Outgoing(**{"say": "promoted", "key": key, **changes})


def a_card(rollout: str = "r1", **changes: Any) -> Card:
    values: dict[str, Any] = {
        "rollout": rollout,
        "plan": "materializers",
        "environment": "production",
        "revision": 3,
        "tree": TREE,
        "confirmed": 1.0,
        "back_to": 0.0,
        "operators": ("U1",),
        "former": {"redis flag": "on"},
        "made_at": NOW,
    }
    return Card(**values | changes)


def an_act(key: str = "click:1", **changes: Any) -> Spooled:
    values: dict[str, Any] = {
        "key": key,
        "what": "kill",
        "rollout": "r1",
        "plan": "materializers",
        "environment": "production",
        "by": "U1",
        "by_name": "Ana",
        "reason": "errors",
        "at": NOW,
    }
    return Spooled(**values | changes)
