"""What was decided for flags, for /metrics: by flag and variant, never by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.domain.flags import Variant


class FlagDecisions(Collector):
    """The totals since the start, and how old is what they are decided by; nothing where no flags are answered."""

    def __init__(self, totals: Mapping[tuple[str, Variant], int], read_at: datetime | None, now: datetime) -> None:
        self._totals, self._read_at, self._now = totals, read_at, now

    def collect(self) -> Iterator[Metric]:
        decisions = CounterMetricFamily(
            "perch_flag_decisions", "Answers for flags, by variant.", labels=["flag", "variant"]
        )
        for (flag, variant), number in sorted(self._totals.items()):
            decisions.add_metric([flag, variant.value], number)
        yield decisions
        if self._read_at is not None:
            age = max(0.0, (self._now - self._read_at).total_seconds())
            yield GaugeMetricFamily("perch_flags_age_seconds", "How old is what flags are answered by.", value=age)
