"""The last value that each live rollout's plan metrics and SLOs had, and when it was measured."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class Budget:
    """One SLO of one rollout: what is left of its error budget, 0 to 1, and its burn rate by window."""

    plan: str
    environment: str
    slo: str
    left: float
    burns: Mapping[str, float]


class PlanMetrics:
    """Remembers across checks without data, so that a metric's age grows while it's missing."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[tuple[str, str], Seen]] = {}
        self._budgets: dict[str, list[Budget]] = {}

    @property
    def budgets(self) -> Iterator[Budget]:
        """Of each live rollout as its last check knew them; one without data is left out, not shown as all or none."""
        for budgets in self._budgets.values():
            yield from budgets

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

        self._budgets[rollout.id] = [
            Budget(
                rollout.plan,
                rollout.environment,
                slo.name,
                slo.budget.value / 100,
                {window: burn.value for window, burn in slo.burns.items() if burn.value is not None},
            )
            for slo in rollout.check.slos
            if slo.budget.value is not None
        ]

    def keep_only(self, rollouts: Collection[str]) -> None:
        """Forget all others: an ended rollout has no metrics."""
        self._seen = {id: seen for id, seen in self._seen.items() if id in rollouts}
        self._budgets = {id: budgets for id, budgets in self._budgets.items() if id in rollouts}

    def __iter__(self) -> Iterator[Seen]:
        for seen in self._seen.values():
            yield from seen.values()
