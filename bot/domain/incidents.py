"""What is open, and what an incident forbids (E10, R16)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.severities import Incident


def open_ones(rollout: Rollout) -> list[Incident]:
    """Worst first."""
    return sorted((each for each in rollout.incidents if each.open), key=lambda each: (each.severity.value, each.at))


def forbidding(rollout: Rollout, plan: Plan) -> Sequence[Incident]:
    """The incidents that keep a rollout from being completed; by default an open one of the worst kind."""
    policy = plan.incidents
    if policy.forbid_completion is None:
        return ()
    counting = [each for each in rollout.incidents if each.open or policy.ended_too]
    return [each for each in counting if each.severity.at_least(policy.forbid_completion)]
