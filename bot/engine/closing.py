"""What every save adds of itself: what it puts on record, a new version of Perch, and the decision where it ends.

The one place through which every end goes, a kill that was begun without a database included: the tick, or who merges
the spool, saves it here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.evidence import Entry, Record
from bot.domain.plan import Plan
from bot.domain.record.decision import decision_entry, ends
from bot.domain.record.noting import noted
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.ports import Rollouts, StoreAway


def completed(before: Rollout, step: Step, version: str) -> Step:
    """The step with what it puts on record noted, and told where another version of Perch saved the rollout before."""
    if version and before.perch != version:
        changed = Happening("perch_changed", {"from": before.perch or "unknown", "to": version})
        stamped = step.rollout.but(perch=version)
        step = Step(stamped, (changed, *step.happenings), step.emergency)
    return noted(step)


async def chain_for(rollouts: Rollouts, before: Rollout, after: Rollout) -> tuple[Sequence[Record], str] | None:
    """The chain that a decision is made from, and why it can't be read; None where no decision is due.

    A record that can't be read keeps no rollout from ending: the decision then says what it didn't see.
    """
    if not ends(before, after):
        return None
    try:
        return await rollouts.records(after.id), ""
    except StoreAway as away:
        return (), str(away)


def with_decision(
    evidence: Sequence[Entry],
    chain: tuple[Sequence[Record], str] | None,
    rollout: Rollout,
    plan: Plan,
    now: datetime,
) -> tuple[Entry, ...]:
    """The step's records, and the decision after them where one is due."""
    if chain is None:
        return tuple(evidence)
    known, gap = chain
    return (*evidence, decision_entry(rollout, plan, known, evidence, now, gap))
