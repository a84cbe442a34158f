"""A restored older database starts with everything held, and raises nothing by itself (U8)."""

from __future__ import annotations

from datetime import datetime

from bot.domain import moves
from bot.domain.machine import State
from bot.domain.moves import Step, a_hold
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.engine.ledger import Ledger, new_id

WHY = "the database was restored from a backup: what happened since then is not known here"


async def hold_what_was_restored(ledger: Ledger) -> int:
    """Hold every live rollout that could rise; returns how many. Going down goes on."""
    held = 0
    for rollout in await ledger.rollouts.live():
        changed = await ledger.change(rollout.id, _hold)
        held += changed.state is State.HELD
    return held


def _hold(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
    if rollout.state.going_down or rollout.state is State.HELD:
        return None
    if rollout.state is State.PREFLIGHT:
        return moves.abort(rollout, now, WHY)
    return moves.hold(rollout, now, a_hold(WHY, rollout.requester.id, now, "restored"), new_id())
