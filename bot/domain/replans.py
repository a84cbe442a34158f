"""A new version of a live rollout's plan that waits for its approvers (R21)."""

from __future__ import annotations

from datetime import datetime

from bot.domain.value import Value

KEPT = 40
"""So many differences are kept to be shown; the two digests name the plans that all of them can be had from."""


class Replan(Value):
    """Who asked for what. `before` and `after` are the digests of the two plans."""

    id: str
    by: str
    reason: str
    at: datetime
    before: str
    after: str
    lines: tuple[tuple[str, str, str], ...]
    """Where, what it was, what it would be."""
    more: int = 0
    need: int = 1
    approvals: tuple[str, ...] = ()
    """Ids of the approvers who have said yes; never who asked."""
