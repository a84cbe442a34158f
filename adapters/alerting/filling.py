"""A plan with its questions to Prometheus filled in, as Perch asks them: nothing would fill in a rule later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from adapters.alerting.recorded import PROMETHEUS, part_of
from bot.domain.kinds import Environment, fill_in, variables
from bot.domain.plan import Metric, Plan


class NotFilled(ValueError):
    """Variables that can't be filled in, and the metrics whose questions name them."""

    def __init__(self, names: Sequence[str], metrics: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names, self.metrics = names, metrics


class Unset(NotFilled):
    """They aren't set, and have no default."""


class Secret(NotFilled):
    """They hold secrets, and whoever may look at Prometheus may read its rules (law 8)."""


def filled(plan: Plan, environment: Environment, is_secret: Callable[[str], bool]) -> Plan:
    """The plan with no `${NAME}` in what rules are made of. Raises Secret or Unset, with all names that are so."""
    asked = {name: metric for name, metric in plan.metrics.items() if part_of(plan, metric).kind == PROMETHEUS}
    named = [(each, name) for name, metric in asked.items() for each in variables(_texts(plan, metric))]
    _refuse(Secret, [(each.name, metric) for each, metric in named if is_secret(each.name)])
    _refuse(Unset, [(each.name, metric) for each, metric in named if not each.set_in(environment)])
    metrics = {name: _filled(metric, environment) for name, metric in asked.items()}
    sides = fill_in(plan.sides, environment) if any(_sided(metric) for metric in asked.values()) else plan.sides
    return plan.model_copy(update={"metrics": {**plan.metrics, **metrics}, "sides": sides})


def _refuse(why: type[NotFilled], named: Sequence[tuple[str, str]]) -> None:
    if named:
        names, metrics = (list(dict.fromkeys(each)) for each in zip(*named, strict=True))
        raise why(names, metrics)


def _texts(plan: Plan, metric: Metric) -> list[Any]:
    """All that is filled in for a metric."""
    enough = metric.at_least.ask if metric.at_least is not None else {}
    return [metric.ask, enough, plan.sides if _sided(metric) else {}]


def _sided(metric: Metric) -> bool:
    return "$side" in repr((metric.ask, metric.at_least))


def _filled(metric: Metric, environment: Environment) -> Metric:
    filling: dict[str, Any] = {"ask": fill_in(metric.ask, environment)}
    if metric.at_least is not None:
        filling["at_least"] = metric.at_least.model_copy(update={"ask": fill_in(metric.at_least.ask, environment)})
    return metric.model_copy(update=filling)
