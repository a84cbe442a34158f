"""What is read at the moment the page is asked for, so that a rollout that ended leaves no stale line behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.domain.freezes import ALL
from bot.domain.machine import State
from commands.web.health import Standing
from commands.web.plan_metrics import PlanMetrics
from commands.web.source_gauges import source_gauges
from commands.web.stages import Stages

_SLO_LABELS = ("plan", "environment", "slo")
_PLAN_LABELS = ("plan", "environment", "metric", "unit")


class Gauges(Collector):
    """One moment's gauges. Where the database is away, what it would tell is left out rather than shown as zero."""

    def __init__(
        self,
        standing: Standing,
        since: datetime,
        last_tick: datetime | None,
        measured: PlanMetrics,
        stages: Stages,
        now: datetime,
    ) -> None:
        self._standing, self._since, self._last_tick = standing, since, last_tick
        self._measured, self._stages, self._now = measured, stages, now

    def collect(self) -> Iterator[Metric]:
        yield _one("perch_database_up", "Whether the database answers.", not self._standing.database)
        yield _one("perch_slack_up", "Whether Perch is connected to Slack.", not self._standing.slack)
        yield _one("perch_start_time_seconds", "When this process began.", self._since.timestamp())
        yield _one("perch_looks_under_way", "Rollouts that this process looks at just now.", self._standing.looking)
        if self._last_tick is not None:
            yield _one("perch_tick_age_seconds", "Time since the engine woke up.", self._age(self._last_tick))
        if not self._standing.database:
            yield self._rollouts()
            yield self._freezes()
            yield _one("perch_outbox_messages", "Messages that wait to be said.", self._standing.unsaid)
            oldest = self._standing.oldest_unsaid
            age = self._age(oldest) if oldest else 0.0
            yield _one("perch_outbox_age_seconds", "How long the oldest of them has waited.", age)
            yield _one("perch_keepings_waiting", "Papers and letters not kept or sent yet.", self._standing.unkept)
            unkept = self._standing.oldest_unkept
            age = self._age(unkept) if unkept else 0.0
            yield _one("perch_keepings_age_seconds", "How long the oldest of them has waited.", age)
            if self._standing.spooled is not None:
                yield _one("perch_spool_acts", "Acts that wait for the database.", self._standing.spooled)
            yield from self._stages.collect(self._standing.live, self._now)
        yield from self._plan_metrics()
        yield from source_gauges(self._standing.sources)
        yield from self._budgets()

    def _rollouts(self) -> Metric:
        family = GaugeMetricFamily("perch_rollouts", "Live rollouts by state.", labels=["state"])
        count = Counter(rollout.state for rollout in self._standing.live)
        for state in State:
            if state.live:
                family.add_metric([state.value], count[state])
        return family

    def _freezes(self) -> Metric:
        family = GaugeMetricFamily("perch_freezes", "Freezes that stand, by service.", labels=["service"])
        for service, number in Counter(freeze.service or ALL for freeze in self._standing.freezes).items():
            family.add_metric([service], number)
        return family

    def _plan_metrics(self) -> Iterator[Metric]:
        values = GaugeMetricFamily("perch_plan_metric", "A plan metric's last value.", labels=_PLAN_LABELS)
        ages = GaugeMetricFamily("perch_plan_metric_age_seconds", "How old that value is.", labels=_PLAN_LABELS)
        for seen in self._measured:
            labels = [seen.plan, seen.environment, seen.metric, seen.unit]
            values.add_metric(labels, seen.value)
            ages.add_metric(labels, self._age(seen.at))
        yield values
        yield ages

    def _budgets(self) -> Iterator[Metric]:
        """Rollouts that share a budget each show it: it's the same number."""
        left = GaugeMetricFamily(
            "perch_slo_error_budget_remaining", "The part of an SLO's error budget that is left.", labels=_SLO_LABELS
        )
        burns = GaugeMetricFamily(
            "perch_slo_burn_rate",
            "How fast it is used up; 1 lasts exactly the window.",
            labels=(*_SLO_LABELS, "window"),
        )
        for budget in self._measured.budgets:
            labels = [budget.plan, budget.environment, budget.slo]
            left.add_metric(labels, budget.left)
            for window, burn in budget.burns.items():
                burns.add_metric([*labels, window], burn)
        yield left
        yield burns

    def _age(self, at: datetime) -> float:
        return max(0.0, (self._now - at).total_seconds())


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)
