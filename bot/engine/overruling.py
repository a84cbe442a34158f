"""The override role, as people meet it: a verdict overruled, for one gate and for what was shown (X9)."""

from __future__ import annotations

from datetime import datetime

from bot.domain import budgets, overruling
from bot.domain.errors import NotOverruled, OnlyObserved
from bot.domain.freezes import refused
from bot.domain.plan import Plan
from bot.domain.record.unfinished import to_overrule
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.engine.finding import Finding
from bot.engine.ledger import new_id
from bot.engine.requests import Request


class Overruling(Finding):
    """The desk's side that breaks glass: its own role, a reason, and loud (law 1)."""

    async def override(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "override", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if fresh.mode == "observe":
                raise OnlyObserved(fresh.plan, "override")
            if fresh.entered_at is not None and request.at < fresh.entered_at:
                raise NotOverruled(fresh.plan, "it has entered another stage since you asked")
            if budgets.held_for_it(fresh) and fresh.intent is None:
                if fresh.frozen is not None and fresh.frozen.stands(now):
                    raise refused(fresh.frozen)
                return budgets.go_on(fresh, now, reason, request.actor)
            if why := overruling.why_not(fresh, plan, now):
                raise NotOverruled(fresh.plan, why)
            if to_overrule(fresh, plan):
                return overruling.end_without(fresh, plan, now, reason, request.actor)
            return overruling.overrule(fresh, plan, now, new_id(), reason, request.actor)

        return await self._ledger.change(rollout_id, decide)
