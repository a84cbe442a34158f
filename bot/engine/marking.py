"""What people say afterwards: that an alarm was false, and how an override really turned out (X9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.plan import Plan
from bot.domain.record import marking
from bot.domain.record.summary import Summary, Wanted
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.engine.finding import Finding
from bot.engine.recounting import Recounted, Recounting
from bot.engine.requests import Request
from bot.engine.threads import Threads


class Marking(Finding):
    """The desk's side for what is over, or nearly: it changes nothing but the record."""

    _recounting: Recounting
    threads: Threads | None = None
    """Knows where threads are; a shell has none."""

    async def recount(self, wanted: Wanted, most: int | None = None, *, all_of_them: bool = False) -> Recounted:
        return await self._recounting.recount(wanted, most, all_of_them=all_of_them)

    async def summary(self, rollout: Rollout) -> Summary:
        return await self._recounting.one(rollout)

    async def lacking(self, plan: str = "") -> int:
        return await self._recounting.lacking(plan)

    async def links(self, rollout_ids: Sequence[str]) -> Mapping[str, str]:
        return await self.threads.links(rollout_ids) if self.threads is not None else {}

    async def known_plans(self) -> list[str]:
        return sorted({*self._plans.names(), *await self._recounting.plans()})

    async def false_alarm(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "operate", plan)
        records = await self._ledger.rollouts.records(rollout_id)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return marking.false_alarm(fresh, records, request.actor, reason)

        return await self._ledger.change(rollout_id, decide)

    async def undo_false_alarm(self, request: Request, rollout_id: str) -> Rollout:
        rollout, plan = await self._read(rollout_id)
        mark = marking.newest_mark(rollout, await self._ledger.rollouts.records(rollout_id))
        if mark.by != request.actor.id:
            await self._rights.permit(request, "operate", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return marking.undone(fresh, mark, request.actor)

        return await self._ledger.change(rollout_id, decide)

    async def judge(self, request: Request, rollout_id: str, word: str, reason: str, place: int | None) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "override", plan)
        records = await self._ledger.rollouts.records(rollout_id)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return marking.judge(fresh, records, request.actor, word, reason, place)

        return await self._ledger.change(rollout_id, decide)
