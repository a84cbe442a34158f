"""A live rollout's plan, changed the only way it may be: asked for by one, approved by others (R21)."""

from __future__ import annotations

from datetime import datetime

from bot.domain import replanning
from bot.domain.errors import NotAllowed, NotReplanned, StaleClick
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.planning.diff import Difference, differences
from bot.domain.planning.reading import digest
from bot.domain.replans import Replan
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.engine.finding import Finding
from bot.engine.gatekeeping import standing
from bot.engine.ledger import new_id
from bot.engine.requests import Request


class Replanning(Finding):
    """The desk's side that changes plans: the frozen one stays until its approvers have approved the new one."""

    async def newer(self, rollout: Rollout) -> list[Difference]:
        """How the plan's file differs from what the rollout goes by. Raises BrokenPlan."""
        new, _ = self._plans.find(rollout.plan, rollout.environment)
        return differences(await self._ledger.plan_of(rollout), new)

    async def replan(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        rollout, old = await self._read(rollout_id)
        await self._rights.permit(request, "operate", old)
        new, tree = self._plans.find(rollout.plan, rollout.environment)
        wanted = digest(tree, rollout.environment)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if fresh.plan_digest == wanted or not differences(plan, new):
                raise NotReplanned(fresh.plan, Phrase("its file says what the rollout goes by already"))
            _possible(fresh, plan, new)
            return replanning.propose(fresh, plan, new, wanted, now, f"plan-{new_id()}", reason, request.actor)

        return await self._ledger.change(rollout_id, decide, trees={wanted: tree})

    async def accept_plan(self, request: Request, rollout_id: str) -> Rollout:
        rollout, old = await self._read(rollout_id)
        await self._rights.permit(request, "approve", old)
        asked = _asked(rollout, request)
        new = self._ledger.thaw(await self._ledger.rollouts.tree(asked.after), rollout.environment)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            asked = _asked(fresh, request)
            if request.actor.id == asked.by:
                raise NotAllowed(
                    Phrase("approve what you asked for yourself"),
                    Phrase("a second person of {who}", who=", ".join(plan.roles.approvers)),
                )
            if request.actor.id in asked.approvals:
                return None
            if asked.before != fresh.plan_digest:
                raise NotReplanned(fresh.plan, Phrase("it goes by another plan since this was asked for"))
            _possible(fresh, plan, new)
            return replanning.approve(fresh, asked, now, request.actor)

        return await self._ledger.change(rollout_id, decide)

    async def reject_plan(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        rollout, old = await self._read(rollout_id)
        if request.actor.id != _asked(rollout, request).by:
            await self._rights.permit(request, "approve", old)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return replanning.reject(fresh, _asked(fresh, request), reason, request.actor)

        return await self._ledger.change(rollout_id, decide)


def _asked(rollout: Rollout, request: Request) -> Replan:
    """What is waiting: the one whose button was clicked, or, for typed words, one that was there to be seen."""
    asked = rollout.replan
    if asked is None and not request.gate:
        raise NotReplanned(rollout.plan, Phrase("no change of its plan is asked for"))
    if asked is None or not rollout.live or (request.gate != asked.id if request.gate else request.at < asked.at):
        raise StaleClick(standing(rollout), rollout.plan)
    return asked


def _possible(rollout: Rollout, old: Plan, new: Plan) -> None:
    why = replanning.why_not(rollout, old, new)
    if why is not None:
        raise NotReplanned(rollout.plan, why)
