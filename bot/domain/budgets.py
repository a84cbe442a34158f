"""What follows from an error budget: told when it gets low, and nothing goes on with one that is used up (R13, X11).

A used-up budget holds, until it recovers or a person with the override role says to go on. That word counts for the
stage in which it is given, and for those budgets only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain import moves
from bot.domain.budget_levels import EXHAUSTED, worse
from bot.domain.language.spelling import exactly
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.overrides import Overruled
from bot.domain.overruling import an_override
from bot.domain.plan import Plan
from bot.domain.rollout import Check, Person, Rollout
from bot.domain.slos import allowed, by_moments
from bot.domain.steps import Happening, Step
from bot.domain.units import Weight

GOES_ON = frozenset({State.PREFLIGHT, State.START_GATE, State.SHIFTING, State.BAKING, State.GATE})
"""Where a rollout is on its way up."""


def news(before: Rollout, after: Rollout) -> tuple[Happening, ...]:
    """Budgets that have come to a worse level: what is left of them, and how fast it goes."""
    found = worse(before.budgets, after.budgets)
    return tuple(Happening("budget", {**_facts(name, after.check), "level": after.budgets[name]}) for name in found)


def _facts(name: str, check: Check | None) -> dict[str, Any]:
    seen = next((each for each in check.slos if each.name == name), None) if check is not None else None
    if seen is None:
        return {"slo": name, "left": None, "window": "", "burns": {}}
    burns = {window: figure.value for window, figure in seen.burns.items() if figure.value is not None}
    return {"slo": name, "left": seen.budget.value, "window": exactly(seen.window), "burns": burns}


def used_up(rollout: Rollout) -> list[str]:
    """The SLOs whose budget is used up, and that nobody has overruled in this stage."""
    return [name for name, low in rollout.budgets.items() if low == EXHAUSTED and name not in rollout.overspent]


def pause(rollout: Rollout, plan: Plan, now: datetime, id: str) -> Step | None:
    """Hold what would go on with a used-up budget; None where there is none, or it is held already."""
    gone = used_up(rollout)
    if not gone or rollout.state not in GOES_ON:
        return None
    return moves.hold(rollout, now, a_hold(why(gone, plan), rollout.watched_by, now, "budget"), id)


def why(gone: Sequence[str], plan: Plan) -> str:
    """Why it is held, fit to forward."""
    windows: Mapping[str, str] = {name: exactly(plan.slos[name].window) for name in gone if name in plan.slos}
    names = [f"{name} ({windows[name]})" if name in windows else name for name in gone]
    return f"the error budget of {' and of '.join(names)} is used up"


def held_for_it(rollout: Rollout) -> list[str]:
    """The used-up budgets that a rollout is on hold for; a plain resume can't go on with them."""
    held = rollout.state is State.HELD and rollout.hold is not None and rollout.hold.cause == "budget"
    return used_up(rollout) if held else []


def go_on(rollout: Rollout, now: datetime, reason: str, by: Person) -> Step:
    """Overrule used-up budgets for this stage: it goes on where it stopped. The caller has asked `held_for_it`."""
    gone = held_for_it(rollout)
    resumed = moves.resume(rollout, now, by).rollout
    facts = [_facts(name, rollout.check) for name in gone]
    overruled = tuple(_overruled(each) for each in facts)
    given = an_override(rollout, "budget", now, reason, by, overruled=overruled, used_at=now)
    changed = resumed.but(overspent=(*rollout.overspent, *gone), overrides=(*rollout.overrides, given))
    return Step(changed, (Happening("overspent", {"by": by.id, "reason": reason, "budgets": facts}, by),))


def _overruled(facts: Mapping[str, Any]) -> Overruled:
    left = facts["left"]
    condition = f"budget({facts['slo']}) > 0%"
    return Overruled(condition=condition, measured=left is not None, value=left, unit="percent", threshold=0.0)


def cost(plan: Plan, name: str, weight: Weight, bake: timedelta) -> float | None:
    """The most that a stage can use up of an SLO's budget, in percent of the whole: with all of its canary's bad.

    weight · bake / (error budget · window), for traffic that is even over time. None where that can't be said: there
    is no budget, or the SLO is about no share of the traffic.
    """
    slo = plan.slos[name]
    budget = allowed(slo)
    metric = plan.metrics.get(slo.metric) if slo.metric is not None else None
    share = slo.counts_events or (metric is not None and not by_moments(slo, metric.unit))
    return weight.percent * (bake / slo.window) / budget if budget and share and slo.window else None
