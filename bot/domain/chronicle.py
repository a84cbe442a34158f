"""All that is known about one rollout, as of one moment: what a report is made of, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.evidence import Broken, Head, Record
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.signatures import Signing
from bot.domain.trends import Point


@dataclass(frozen=True, slots=True)
class Chronicle:
    """`points` are measurements by metric, oldest first; `now` is when it was read (aware UTC)."""

    rollout: Rollout
    plan: Plan
    records: Sequence[Record]
    points: Mapping[str, Sequence[Point]]
    now: datetime
    head: Head = field(default_factory=Head)
    signing: Signing = field(default_factory=Signing)
    """How far the record is signed."""
    broken: Broken | None = None
    """The first bad record, where the record isn't whole."""

    @property
    def began(self) -> datetime:
        return self.rollout.started_at

    @property
    def until(self) -> datetime:
        """The rollout's end, or now while it has none; never before its beginning."""
        return max(self.rollout.ended_at or self.now, self.began)

    def of_kind(self, *kinds: str) -> list[Record]:
        return [record for record in self.records if record.kind in kinds]
