"""The last value that each live rollout's plan metrics had, and when it was measured."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.rollout import Rollout


@dataclass(frozen=True, slots=True)
class Seen:
    """One metric of one rollout; `value` is in `unit`, the plan's own."""

    plan: str
    environment: str
    metric: str
    unit: str
    value: float
    at: datetime


class PlanMetrics:
    """Remembers across checks without data, so that a metric's age grows while it's missing."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[tuple[str, str], Seen]] = {}

    def note(self, rollout: Rollout) -> None:
        """Take over what the rollout's last check measured."""
        if rollout.check is None:
            return
        seen = self._seen.setdefault(rollout.id, {})
        for line in rollout.check.lines:
            if line.metric and line.value is not None:
                seen[line.metric, line.unit] = Seen(
                    rollout.plan, rollout.environment, line.metric, line.unit, line.value, rollout.check.at
                )

    def keep_only(self, rollouts: Collection[str]) -> None:
        """Forget all others: an ended rollout has no metrics."""
        self._seen = {id: seen for id, seen in self._seen.items() if id in rollouts}

    def __iter__(self) -> Iterator[Seen]:
        for seen in self._seen.values():
            yield from seen.values()
