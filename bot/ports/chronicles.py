"""All that is known about one rollout, read as of one moment, for those who report of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.domain.evidence import Broken, Head, Record
from bot.domain.rollout import Rollout
from bot.domain.signatures import Signing
from bot.domain.trends import Point


@dataclass(frozen=True, slots=True)
class Told:
    """What is kept of a rollout: its state, its frozen plan's tree, the record and how far it is signed, numbers."""

    rollout: Rollout
    tree: Mapping[str, Any]
    records: Sequence[Record]
    points: Mapping[str, Sequence[Point]]
    head: Head
    signing: Signing
    broken: Broken | None


class Chronicles(Protocol):
    """Reads; changes nothing."""

    async def of(self, rollout: str) -> Told:
        """Raises UnknownRollout, StoreAway. A record that isn't whole is told as it is, with what is wrong."""
        ...
