"""At which stage each plan's rollout stands, for alert rules that are about one stage (O2).

A plan whose rollout ended says 0 for a while: who believes Perch's last word once it's silent must have heard it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from bot.domain.rollout import Rollout

REMEMBERED = timedelta(days=2)
"""Longer than the last word is believed."""
Pair = tuple[str, str]
"""A plan and an environment: at most one live rollout."""
_PAIR = ("plan", "environment")


class Stages:
    """Remembers which plans had something live; `collect` tells of one moment."""

    def __init__(self) -> None:
        self._known: dict[Pair, datetime] = {}

    def note(self, live: Sequence[Rollout], ended: Iterable[Pair], now: datetime) -> None:
        """What is live now, and what the database says has ended lately."""
        for pair in (*map(_pair, live), *ended):
            self._known[pair] = now
        self._known = {pair: at for pair, at in self._known.items() if now - at < REMEMBERED}

    def collect(self, live: Sequence[Rollout], now: datetime) -> Iterator[Metric]:
        there = {_pair(rollout): rollout for rollout in live}
        yield _family("perch_rollout_stage", "The stage's number, from 1; 0 with nothing live.", self._stages(there))
        yield _family(
            "perch_rollout_stage_start_time_seconds",
            "When the stage's traffic was confirmed.",
            {pair: each.shifted_at.timestamp() for pair, each in there.items() if each.shifted_at},
        )
        yield _family(
            "perch_rollout_weight_percent",
            "The weight that was last read back.",
            {pair: each.confirmed.percent for pair, each in there.items()},
        )
        yield _family(
            "perch_check_lateness_seconds",
            "For how long the rollout's next look has been due.",
            {pair: max(0.0, (now - each.due_at).total_seconds()) for pair, each in there.items()},
        )
        yield _family(
            "perch_kill_rehearsal_age_seconds",
            "Time since the kill was rehearsed last.",
            {pair: (now - each.rehearsed_at).total_seconds() for pair, each in there.items() if each.rehearsed_at},
        )
        yield _family(
            "perch_kill_rehearsal_faults",
            "What the last rehearsal of the kill couldn't reach.",
            {pair: len(each.rehearsal_faults) for pair, each in there.items()},
        )
        yield _baselines(there)

    def _stages(self, there: Mapping[Pair, Rollout]) -> Mapping[Pair, float]:
        return {pair: _number(there[pair]) if pair in there else 0 for pair in sorted({*self._known, *there})}


def _pair(rollout: Rollout) -> Pair:
    return rollout.plan, rollout.environment


def _number(rollout: Rollout) -> int:
    """An observed rollout is nobody's to roll back; before its first stage, one has no traffic."""
    return 0 if rollout.mode == "observe" or rollout.state.unmoved else rollout.stage + 1


def _family(name: str, what: str, values: Mapping[Pair, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=_PAIR)
    for pair, value in values.items():
        family.add_metric(pair, value)
    return family


def _baselines(there: Mapping[Pair, Rollout]) -> Metric:
    family = GaugeMetricFamily("perch_plan_baseline", "Baselines frozen with the rollout.", labels=(*_PAIR, "metric"))
    for pair, rollout in there.items():
        for metric, baseline in rollout.baselines.items():
            if baseline.value is not None:
                family.add_metric((*pair, metric), baseline.value)
    return family
