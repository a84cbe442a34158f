"""Carries out what rollouts change besides traffic (R20, U9), beside everything else: no way down waits for it (law 2).

What is to be done is in the rollout: whoever saves it, or looks at it, begins here, and after a crash the next look
does. One process at a time works for a rollout, under a lease. Each act is on record before it is begun, is done again
under its key when nobody knows what came of it, and is tried until it is done. What belongs before a raise stands
behind the raise's own fence.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import datetime
from functools import partial

from bot.domain import acting
from bot.domain.acting import Job
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, Rollout
from bot.domain.steps import Step
from bot.engine.actions import FenceBroken, FrozenOver
from bot.engine.equipment import Equipment
from bot.engine.leasing import LEASE_S, held_while
from bot.engine.ledger import Ledger, new_id
from bot.ports import Denied, Leases, OutOfReach, OutsideFault, StoreAway

log = logging.getLogger(__name__)

LONGEST_S = 3660.0
"""The longest that one call may take: adapters have their own deadlines, of an hour at the most."""
CLOSE_S = 3.0
"""How long a stop waits for a call to leave."""

Fence = Callable[[str, Intent], Awaitable[Rollout]]
"""The fence of a raise: the rollout as it stands. Raises FenceBroken, FrozenOver or Denied."""


class Effects:
    """`saw` begins what is due, and returns at once."""

    def __init__(self, ledger: Ledger, equipment: Equipment, leases: Leases, fence: Fence) -> None:
        self._ledger, self._equipment, self._leases, self._fence = ledger, equipment, leases, fence
        self._running: dict[str, asyncio.Task[None]] = {}
        self._calls: dict[str, tuple[Job, asyncio.Task[str]]] = {}
        """By rollout, the call that is out."""
        self._newest: dict[str, Rollout] = {}
        """What was saved while somebody here was at it already."""
        self._closed = False

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved: do what is due, and stop the call of what nobody wants any more."""
        out = self._calls.get(rollout.id)
        if out is not None and not acting.wanted(rollout, out[0]):
            out[1].cancel()
        if rollout.id in self._running:
            self._newest[rollout.id] = rollout
        elif not self._closed and acting.job(rollout, self._ledger.clock()) is not None:
            # In a context of its own: it outlives the request that asked for it, and acts for no delivery.
            task = asyncio.create_task(self._supervised(rollout.id), context=Context())
            self._running[rollout.id] = task
            task.add_done_callback(partial(self._ended, rollout.id))

    def _ended(self, rollout: str, task: asyncio.Task[None]) -> None:
        self._running.pop(rollout, None)
        if (newest := self._newest.pop(rollout, None)) is not None:
            self.saw(newest)

    async def _supervised(self, rollout: str) -> None:
        try:
            await self._work(rollout)
        except StoreAway as away:
            log.warning("actions of %s: what came of them isn't on record yet (%s)", rollout, away)
        except Exception:
            log.exception("actions of %s broke; the next look goes on with them", rollout)

    async def _work(self, rollout: str) -> None:
        """One after the other, until nothing is due."""
        lease, now = f"actions:{rollout}", self._ledger.clock()
        if await self._leases.take(lease, now, LEASE_S):
            await held_while(self._all(rollout), self._leases, self._ledger.clock, lease, now)

    async def _all(self, rollout: str) -> None:
        fresh = await self._ledger.rollouts.load(rollout)
        while (job := acting.job(fresh, self._ledger.clock())) is not None:
            before = fresh.revision
            await (self._begin(fresh, job) if job.way == "begin" else self._end(rollout, job))
            fresh = await self._ledger.rollouts.load(rollout)
            if fresh.revision == before:
                return

    # ---- one job ------------------------------------------------------------------------------------------------

    async def _begin(self, rollout: Rollout, job: Job) -> None:
        key, intent = job.act.key, rollout.intent if job.act.when == "before" else None
        try:
            if intent is not None:
                await self._fence(rollout.id, intent)
            fresh = await self._change(rollout.id, lambda fresh, now: acting.began(fresh, key, now))
            if not acting.wanted(fresh, job):
                # Somebody went down in between, so it isn't on record, and nobody would take it back.
                return
            if intent is not None:
                # Again, last of all: whatever goes down has replaced the intent.
                await self._fence(rollout.id, intent)
            said = await self._call(rollout.id, job)
        except (FenceBroken, FrozenOver):
            log.info("'%s' of rollout %s isn't begun: its raise may not go on", job.act.what, rollout.id)
            return
        except OutsideFault as fault:
            failed, id = str(fault) or "no answer", intent.id if intent else ""
            await self._change(rollout.id, lambda fresh, now: acting.failed(fresh, key, failed, id, now, new_id()))
            return
        if said is not None:
            await self._change(rollout.id, lambda fresh, now: acting.done(fresh, key, said, now))

    async def _end(self, rollout: str, job: Job) -> None:
        key = job.act.key
        try:
            said = await self._call(rollout, job)
        except OutsideFault as fault:
            failed = str(fault) or "no answer"
            await self._change(rollout, lambda fresh, now: acting.stands(fresh, key, failed, now))
            return
        if said is not None:
            await self._change(rollout, lambda fresh, now: acting.gone(fresh, key, said))

    async def _call(self, rollout: str, job: Job) -> str | None:
        """What the far side said; None where the call was stopped, for nobody wants it any more. Raises its faults."""
        effect = self._equipment.effect(job.act.part)
        doing = effect.begin if job.way == "begin" else effect.end
        call = asyncio.create_task(_in_time(doing, job.act.key))
        self._calls[rollout] = (job, call)
        try:
            await asyncio.wait({call})
        finally:
            del self._calls[rollout]
            if not call.done():
                call.cancel()
                await asyncio.wait({call}, timeout=CLOSE_S)
        return None if call.cancelled() else call.result()

    async def _change(self, rollout: str, decide: Callable[[Rollout, datetime], Step | None]) -> Rollout:
        def decided(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return decide(fresh, now)

        return await self._ledger.change(rollout, decided)

    # ---- its end ------------------------------------------------------------------------------------------------

    async def idle(self) -> bool:
        """Wait until none is under way; whether any was."""
        was = bool(self._running)
        while self._running:
            await asyncio.wait(self._running.values())
        return was

    async def aclose(self) -> None:
        """Stop; what was under way is on record as begun, and done again after the next start."""
        self._closed = True
        running = [*self._running.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _in_time(call: Callable[[str], Awaitable[str]], key: str) -> str:
    try:
        async with asyncio.timeout(LONGEST_S):
            return await call(key)
    except TimeoutError:
        raise OutOfReach(f"no answer in {LONGEST_S:g} s") from None
    except OutsideFault:
        raise
    except Exception as broke:
        log.exception("an action broke inside Perch")
        raise Denied(f"it broke inside Perch ({type(broke).__name__}); see the log") from broke
