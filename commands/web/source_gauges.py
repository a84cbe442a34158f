"""How much is asked of each far side, and how it bears it (U7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric

from bot.engine.far_sides import FarSide

_SOURCE = ("source",)


def source_gauges(sources: Sequence[FarSide]) -> Iterator[Metric]:
    """By far side: a kind and a server, of which there are as many as plans name."""
    under_way = GaugeMetricFamily("perch_source_under_way", "Questions that a source is at.", labels=_SOURCE)
    waiting = GaugeMetricFamily("perch_source_waiting", "Questions that wait for their turn.", labels=_SOURCE)
    at_once = GaugeMetricFamily("perch_source_at_once", "How many it may be at together.", labels=_SOURCE)
    asked = CounterMetricFamily("perch_source_questions", "Questions by outcome.", labels=(*_SOURCE, "outcome"))
    took = SummaryMetricFamily("perch_source_seconds", "How long answers took.", labels=_SOURCE)
    for far in sources:
        under_way.add_metric([far.name], far.under_way)
        waiting.add_metric([far.name], far.waiting)
        if far.gate.limit is not None:
            at_once.add_metric([far.name], far.gate.limit)
        for outcome, number in sorted(far.outcomes.items()):
            asked.add_metric([far.name, outcome], number)
        took.add_metric([far.name], count_value=sum(far.outcomes.values()), sum_value=far.took_s)
    yield from (under_way, waiting, at_once, asked, took)
