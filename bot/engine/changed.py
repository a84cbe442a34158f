"""How a plan's file differs from the plan that its last rollout ran (U5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.plan import Plan
from bot.domain.planning.diff import differences
from bot.domain.planning.reading import digest
from bot.engine.ledger import Ledger
from bot.engine.requests import Changed

KEPT = 40
"""So many lines go on record; the two digests name the plans that all of them can be had from."""


async def changed(ledger: Ledger, plan: Plan, tree: Mapping[str, Any]) -> Changed | None:
    """None where nothing changed, or nothing of this plan ran in this environment before. Raises StoreAway."""
    last = next(iter(await ledger.rollouts.latest(plan.name, 1, plan.environment)), None)
    present = digest(tree, plan.environment)
    if last is None or last.plan_digest == present:
        return None
    found = differences(await ledger.plan_of(last), plan)
    lines = tuple((each.where, each.old, each.new) for each in found[:KEPT])
    return Changed(since=last.id, before=last.plan_digest, after=present, lines=lines, more=max(len(found) - KEPT, 0))
