"""Who carries out an intent: a raise, one process at a time; a way down, whoever has it, at once.

A raise is begun under a lease. When its holder lets that lapse, being dead, paused or cut off, another process takes it
over and gives it a new intent first: the former's fence is broken then, whenever it wakes up and however wrong a clock
is, and there's an intent on record for what the new one does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.domain.moves import Step
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, Rollout, Way
from bot.engine.ledger import Ledger, new_id
from bot.ports import Leases, StoreAway, Taken

log = logging.getLogger(__name__)

LEASE_S = 30.0
RENEW = timedelta(seconds=LEASE_S / 3)
LOOK_EVERY_S = 1.0
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
        lease, now = f"raise:{intent.id}", self._ledger.clock()
        match await self._leases.take(lease, now, LEASE_S):
            case Taken.NO:
                return
            case Taken.OVER:
                await self._take_over(rollout.id, intent)
            case _:
                await self._hold_while(self._carry_out(rollout), lease, now)

    async def _take_over(self, id: str, intent: Intent) -> None:
        """Save the same raise under a new intent; that save begins it."""

        def again(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if fresh.intent is None or fresh.intent.id != intent.id:
                return None
            reason = intent.reason.removesuffix(TAKEN_OVER) + TAKEN_OVER
            return Step(fresh.but(intent=intent.model_copy(update={"id": new_id(), "reason": reason, "attempts": 0})))

        log.warning("rollout %s: the raise to %s is taken over from a process that went silent", id, intent.weight)
        await self._ledger.change(id, again)

    async def _hold_while(self, deed: Awaitable[None], lease: str, since: datetime) -> None:
        holding = asyncio.create_task(self._hold(lease, since))
        try:
            await deed
        finally:
            holding.cancel()

    async def _hold(self, lease: str, since: datetime) -> None:
        """Keep the lease while the raise is under way. One that is lost needs no more: the fence tells the raise."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = self._ledger.clock()
            if now - since < RENEW:
                continue
            try:
                if await self._leases.take(lease, now, LEASE_S) is not Taken.KEPT:
                    return
                since = now
            except StoreAway as away:
                log.warning("the lease of a raise can't be renewed yet: %s", away)
