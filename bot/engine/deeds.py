"""Who carries out an intent: a raise, one process at a time; a way down, whoever has it, at once.

A raise is begun under a lease. When its holder lets that lapse, being dead, paused or cut off, another process takes it
over and gives it a new intent first: the former's fence is broken then, whenever it wakes up and however wrong a clock
is, and there's an intent on record for what the new one does.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.domain import acting
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, Rollout, Way
from bot.domain.steps import Step
from bot.engine.leasing import LEASE_S, held_while
from bot.engine.ledger import Ledger, new_id
from bot.ports import Leases, Taken

log = logging.getLogger(__name__)

TAKEN_OVER = " (taken over: the process that had begun it went silent)"


class Deeds:
    """`carry_out` is the Mover's, and may be called by several processes for the same intent."""

    def __init__(self, carry_out: Callable[[Rollout], Awaitable[None]], leases: Leases, ledger: Ledger) -> None:
        self._carry_out = carry_out
        self._leases = leases
        self._ledger = ledger

    async def carry_out(self, rollout: Rollout) -> None:
        """Do what the intent says, unless it is a raise that another process is at: the next look asks again."""
        intent = rollout.intent
        if intent is None or intent.way is not Way.RAISE:
            await self._carry_out(rollout)
            return
        if acting.unready(rollout):
            # Whoever does the last of what comes first begins it, in whichever process that is.
            return
        lease, now = f"raise:{intent.id}", self._ledger.clock()
        match await self._leases.take(lease, now, LEASE_S):
            case Taken.NO:
                return
            case Taken.OVER:
                await self._take_over(rollout.id, intent)
            case _:
                await held_while(self._carry_out(rollout), self._leases, self._ledger.clock, lease, now)

    async def _take_over(self, id: str, intent: Intent) -> None:
        """Save the same raise under a new intent; that save begins it."""

        def again(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if fresh.intent is None or fresh.intent.id != intent.id:
                return None
            reason = intent.reason.removesuffix(TAKEN_OVER) + TAKEN_OVER
            return Step(fresh.but(intent=intent.model_copy(update={"id": new_id(), "reason": reason, "attempts": 0})))

        log.warning("rollout %s: the raise to %s is taken over from a process that went silent", id, intent.weight)
        await self._ledger.change(id, again)
