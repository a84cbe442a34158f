"""What Prometheus keeps for the alerts: each number of the plan under a name of ours, and where the rollout stands.

A number is asked once per evaluation, however many conditions are about it (U7). What Perch itself exports is carried
on for a day after the last that was seen of it: while Perch is down traffic stays where it is, and so must the guard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from adapters.alerting.promql import selector, span, wrapped
from bot.domain.kinds import Kinds
from bot.domain.plan import Metric, Part, Plan

PROMETHEUS = "prometheus"
"""The kind of source whose questions are PromQL."""
REMEMBERED = "1d"
"""How long what Perch said last is believed when it says nothing any more."""

METRIC, SAMPLES = "perch:metric", "perch:samples"
STAGE, SECONDS, BASELINE = "perch:rollout_stage", "perch:rollout_stage_seconds", "perch:baseline"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording rule, and how what it keeps is found again."""

    record: str
    expr: str
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def selector(self) -> str:
        return selector(self.record, self.labels)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Those of one plan in one environment."""

    plan: Plan
    kinds: Kinds

    @property
    def labels(self) -> dict[str, str]:
        return {"perch_plan": self.plan.name, "perch_environment": self.plan.environment}

    def metric(self, name: str, side: str = "canary", ago: timedelta | None = None) -> Recorded:
        """A metric of one side, now or so long ago."""
        metric = self.plan.metrics[name]
        told = {"perch_metric": name, "perch_side": f"{span(ago)} ago" if ago else side}
        return Recorded(METRIC, self._query(metric, metric.ask, side, ago), self.labels | told)

    def samples(self, name: str, side: str = "canary") -> Recorded | None:
        """How much a metric rests on; None where the plan doesn't ask."""
        metric = self.plan.metrics[name]
        if metric.at_least is None:
            return None
        query = self._query(metric, metric.at_least.ask, side, None)
        return Recorded(SAMPLES, query, self.labels | {"perch_metric": name, "perch_side": side})

    def has_sides(self, name: str) -> bool:
        """Whether a metric can be asked of the stable side."""
        return "stable" in self.plan.sides and "$side" in str(self.plan.metrics[name].ask)

    def stage(self) -> Recorded:
        """The number of the stage at which a live rollout stands, from 1; 0 without one."""
        stage = self._perchs("perch_rollout_stage")
        return Recorded(STAGE, f"max({stage})\nor max(last_over_time({stage}[{REMEMBERED}]))", self.labels)

    def seconds(self) -> Recorded:
        """How long the rollout has had this stage's traffic."""
        began = self._perchs("perch_rollout_stage_start_time_seconds")
        last = f"max(last_over_time({began}[{REMEMBERED}]))"
        return Recorded(SECONDS, f"time() - max({began})\nor time() - {last}", self.labels)

    def baselines(self) -> Recorded:
        """The baselines that were frozen with the rollout, by `metric`. A rollout without one doesn't get another's."""
        now, seen = self._perchs("perch_plan_baseline"), self._perchs("perch_rollout_stage")
        last = f"max by (metric) (last_over_time({now}[{REMEMBERED}]))"
        return Recorded(BASELINE, f"max by (metric) ({now})\nor {last} unless on () {seen}", self.labels)

    def baseline(self, name: str) -> str:
        """Where a metric's is found."""
        return selector(BASELINE, self.labels | {"metric": name})

    def present(self) -> str:
        """What Perch says of it itself, now."""
        return self._perchs("perch_rollout_stage")

    def _perchs(self, name: str) -> str:
        return selector(name, {"plan": self.plan.name, "environment": self.plan.environment})

    def _query(self, metric: Metric, ask: dict[str, object], side: str, ago: timedelta | None) -> str:
        model = self.kinds.sources[PROMETHEUS].ask
        asked = model.model_validate(ask) if model else None
        query: str = getattr(asked, "query", "").strip()
        query = query.replace("$side", self.plan.sides.get("stable" if side == "stable" else "canary", ""))
        back: timedelta = getattr(asked, "lag", timedelta(0)) + (ago or timedelta(0))
        return f"last_over_time({wrapped(query)}[1m:1m] offset {span(back)})" if back else query


def part_of(plan: Plan, metric: Metric) -> Part:
    """The source that a metric is asked of."""
    return plan.sources[metric.source] if isinstance(metric.source, str) else metric.source
