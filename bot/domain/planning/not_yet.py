"""Parts of a plan that this version reads and doesn't carry out. What would have judged or acted blocks a start."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.planning.draft import Draft
from bot.domain.planning.report import NotYet


def not_yet(draft: Draft) -> Iterator[NotYet]:
    """Every such part."""
    if draft.plan.start_approvals is not None:
        yield NotYet(("start_approvals",), "approvals for the start", True)
