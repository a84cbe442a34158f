"""How long a stage settles: until its queries look back only at the time since its traffic was confirmed."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.conditions import About
from bot.domain.kinds import Kinds
from bot.domain.plan import Metric, Plan, Stage

_NONE = timedelta(0)
_OF_ALL_SLOS = (About.ALL_SLOS_PASS, About.NO_SLO_FAILS)


def settle_of(stage: Stage, plan: Plan, kinds: Kinds) -> timedelta:
    """The stage's own `settle`, or the longest time that the queries of its hard and soft conditions look back."""
    if stage.settle is not None:
        return stage.settle
    subjects = [rule.condition.subject for rule in (*stage.promote_when, *stage.warn_unless)]
    names = {subject.name for subject in subjects}
    if any(subject.about in _OF_ALL_SLOS for subject in subjects):
        names |= {slo.metric for slo in plan.slos.values() if slo.metric is not None}
    judged = [metric for name, metric in plan.metrics.items() if name in names]
    return max((_looks_back(metric, plan, kinds) for metric in judged), default=_NONE)


def _looks_back(metric: Metric, plan: Plan, kinds: Kinds) -> timedelta:
    source = plan.sources.get(metric.source) if isinstance(metric.source, str) else metric.source
    kind = kinds.sources.get(source.kind) if source else None
    if kind is None or kind.longest_range is None:
        return _NONE
    asked = kind.asked(metric.ask)
    return kind.longest_range(asked) if asked is not None else _NONE
