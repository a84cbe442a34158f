"""Planted bugs of law 1: a yes that is taken for another, and grounds that nobody looks at again."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import gates
from bot.domain.rollout import Rollout
from bot.engine import gatekeeping


def any_gate_will_do(patch: pytest.MonkeyPatch) -> None:
    """A yes is a yes."""
    patch.setattr(gatekeeping, "_open_gate", lambda fresh, plan, request, now: fresh.gate)


def a_bake_may_end_whenever_it_was_asked(patch: pytest.MonkeyPatch) -> None:
    """Bakes are ended early whenever it was asked."""

    def may(rollout: Rollout, plan: Any, request: Any, reason: str, now: Any) -> None: ...

    patch.setattr(gatekeeping, "_may_end_early", may)


def a_gate_has_no_origin(patch: pytest.MonkeyPatch) -> None:
    """That there is one is enough."""
    waits = gates.promotion_waits_for

    def lenient(known: Rollout, *rest: Any) -> Any:
        if known.gate is None:
            return waits(known, *rest)
        own = {"plan_digest": known.plan_digest, "version": known.version, "stage": known.stage}
        return waits(known.but(gate=known.gate.model_copy(update=own)), *rest)

    patch.setattr("bot.domain.progress.promotion_waits_for", lenient)


def an_old_intent_is_an_intent(patch: pytest.MonkeyPatch) -> None:
    """It was approved; how long ago doesn't matter."""
    patch.setattr(gates, "may_still_begin", lambda *rest: True)
