"""What came of a move, as it goes on record: before and after of each target, and what still stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.rollout import Intent
from bot.domain.steps import Happening
from bot.engine.targets import Stand, weights
from bot.ports import Traffic


def still_on_words(stands: Sequence[Stand]) -> str:
    """The highest weight that can be read; of several targets, where each stands."""
    if len(stands) > 1:
        return "; ".join(each.words for each in stands)
    return str(max(weights(stands))) if weights(stands) else "unknown"


def applied_facts(
    intent: Intent, traffic: Sequence[Traffic], before: Sequence[str], after: Sequence[str], at: datetime, now: datetime
) -> Happening:
    """Before and after, as each target literally said it; when the last one took it, and when it was read back (E2)."""
    facts = {
        "intent": intent.id,
        "way": intent.way.value,
        "reason": intent.reason,
        "from": intent.before.percent,
        "weight": intent.weight.percent,
        "mirror": intent.mirror.percent,
        "targets": [each.target for each in traffic],
        "before": list(before),
        "after": list(after),
        "applied_at": at.isoformat(),
        "confirmed_at": now.isoformat(),
    }
    return Happening("applied", facts)
