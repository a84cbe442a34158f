"""Who watches a rollout, and how that goes from one person to the next (X12)."""

from __future__ import annotations

from bot.domain.rollout import Person, Rollout
from bot.domain.steps import Happening, Step


def hand_over(rollout: Rollout, to: Person, by: Person) -> Step | None:
    """Counts at once; holds that were the former watcher's go along. None where that person watches it already."""
    former = rollout.watched_by
    if former == to.id:
        return None
    hold = rollout.hold
    if hold is not None and hold.owner == former:
        hold = hold.model_copy(update={"owner": to.id})
    facts = {"from": former, "to": to.id, "by": by.id, "held": rollout.hold.why if rollout.hold else ""}
    return Step(rollout.but(watcher=to.id, hold=hold), (Happening("watching", facts, by),))
