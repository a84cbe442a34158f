"""Ended rollouts summed up, kept beside them: answers about thousands of rollouts read no chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.evidence import Record
from bot.domain.record.summary import Summary, Wanted
from bot.domain.rollout import Rollout


@dataclass(frozen=True, slots=True)
class Chronicle:
    """A rollout and all its records, as of one moment; no records where they can't be read."""

    rollout: Rollout
    records: Sequence[Record]
    head: int
    """The number of its last record: a summary that was made at another one is out of date."""


class Summaries(Protocol):
    """Raises StoreAway."""

    async def behind(self, plan: str = "") -> Sequence[str]:
        """Ids of ended rollouts without a summary of their present record, the newest first."""
        ...

    async def chronicles(self, rollouts: Sequence[str]) -> Sequence[Chronicle]:
        """What summaries are made of; ids that nobody knows are left out."""
        ...

    async def keep(self, summaries: Sequence[tuple[Summary, int]]) -> None:
        """Keep them, each with the number of the last record that it tells of, in place of older ones.

        One that was made without its record (it's archived, or damaged) takes the place of none: the older says more.
        """
        ...

    async def kept(self, wanted: Wanted, most: int | None = None) -> Sequence[Summary]:
        """The newest `most` of those that are kept, or all of them; the newest first."""
        ...

    async def count(self, wanted: Wanted) -> int:
        """How many `kept` would give."""
        ...

    async def plans(self) -> Sequence[str]:
        """The names of all plans that have ever had a rollout."""
        ...
