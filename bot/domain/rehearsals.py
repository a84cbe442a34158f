"""The kill's rehearsal (X3): would it reach everything now? When it's due, what it changes, how it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.looks import STEADY
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step

EVERY = timedelta(hours=1)
AGAIN = timedelta(minutes=1)
"""How soon one that failed is repeated."""


def due(rollout: Rollout, now: datetime) -> bool:
    """Whether it's time to rehearse again; only what has traffic and stands still is rehearsed."""
    if rollout.mode == "observe" or rollout.state not in STEADY or rollout.intent is not None:
        return False
    every = AGAIN if rollout.rehearsal_faults else EVERY
    return rollout.rehearsed_at is None or now - rollout.rehearsed_at >= every


def noted(rollout: Rollout, now: datetime, faults: Sequence[str], tried: Sequence[str]) -> Step:
    """Take in how it went. A failure, and the end of one, is told; the rest is evidence only."""
    known = rollout.but(rehearsed_at=now, rehearsal_faults=tuple(faults))
    kind = "rehearsal"
    if faults and not rollout.rehearsal_faults:
        kind = "rehearsal_failed"
    elif rollout.rehearsal_faults and not faults:
        kind = "rehearsed"
    return Step(known, (Happening(kind, {"faults": list(faults), "tried": list(tried)}),))
