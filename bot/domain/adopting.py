"""Take over what is at a stage's weight already (U2). It skips the gates before that stage, so it's a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.conditions import Condition, Reference, Relative
from bot.domain.evidence import canonical
from bot.domain.machine import Event, move
from bot.domain.moves import anew
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.domain.units import Weight

UNMEASURABLE = "the canary had traffic already, so there is no time before the start to measure"


def stage_of(plan: Plan, weight: Weight) -> int | None:
    """The first stage with exactly this weight, or None."""
    return next((index for index, stage in enumerate(plan.stages) if stage.weight == weight), None)


def adopt(rollout: Rollout, plan: Plan, weight: Weight, now: datetime) -> Step:
    """Preflight is green and the weight was read back: its stage's bake begins now, with fresh clocks and counts."""
    stage = stage_of(plan, weight)
    if stage is None:
        raise ValueError(f"{weight} is no stage of {plan.name}")
    taken = rollout.but(
        state=move(rollout.state, Event.ADOPT),
        stage=stage,
        confirmed=weight,
        approved=weight,
        target=weight,
        mirror=plan.stages[stage].mirrored,
        seen_weight=weight,
        # The rehearsal that follows a save writes the kill card, which a raise would have written.
        rehearsed_at=None,
        **anew(rollout, now),
    )
    skipped = [str(each.weight) for each in plan.stages[:stage]]
    facts = {"weight": weight.percent, "stage": stage, "skipped": skipped, "by": rollout.requester.id}
    return Step(taken, (Happening("adopted", facts, rollout.requester),))


def unmeasurable(plan: Plan, name: str) -> bool:
    """Whether a metric's baseline can't be taken any more once the canary has traffic.

    Where the query speaks of one side, the stable side's time before now serves as well; so does a time long ago.
    """
    spec = plan.metrics[name].baseline
    sided = "stable" in plan.sides and "$side" in canonical(plan.metrics[name].ask)
    return spec is not None and spec.before_start is not None and not sided


def lacking(plan: Plan, stage: int) -> Sequence[str]:
    """Metrics that a hard condition or a trigger from this stage on compares with a baseline that can't be taken."""
    rules = [rule for each in plan.stages[stage:] for rule in (*each.promote_when, *each.rollback_when)]
    names = {rule.condition.subject.name for rule in rules if _with_baseline(rule.condition)}
    return sorted(name for name in names if name in plan.metrics and unmeasurable(plan, name))


def _with_baseline(condition: Condition) -> bool:
    return isinstance(condition.value, Relative) and condition.value.reference is Reference.BASELINE
