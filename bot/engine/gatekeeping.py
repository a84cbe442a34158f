"""The gate, as people meet it: approve, take back, reject, and end a bake early."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.domain import gates, moves
from bot.domain.errors import (
    GateClosed,
    NotAllowed,
    NotPromotable,
    StaleClick,
)
from bot.domain.machine import State
from bot.domain.moves import Happening, Step, a_hold
from bot.domain.plan import Plan
from bot.domain.progress import promote_when_ready
from bot.domain.rollout import Approval, Gate, Rollout
from bot.engine.finding import Finding
from bot.engine.ledger import new_id
from bot.engine.requests import Request

log = logging.getLogger(__name__)


class Gatekeeping(Finding):
    """The desk's side that leads upward: each yes is bound to the gate that its giver saw (X2)."""

    async def approve(self, request: Request, rollout_id: str) -> Rollout:
        rollout, plan = await self._read(rollout_id)
        await self._rights.permit(request, "approve", plan)
        stage = plan.stages[rollout.stage]
        groups = await self._rights.stands_for(request, stage.approvals.one_of_each)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            gate = _open_gate(fresh, plan, request, now)
            wanted = plan.stages[fresh.stage].approvals
            if wanted.not_requester and request.actor.id in fresh.involved:
                raise NotAllowed("approve what you asked for yourself", "a second person who may approve")
            if any(approval.person.id == request.actor.id for approval in gate.approvals):
                return None
            given = Approval(person=request.actor, at=now, how=_how(request), groups=groups)
            approved = fresh.but(gate=gate.model_copy(update={"approvals": (*gate.approvals, given)}))
            return _approved(fresh, approved, plan, request, now)

        return await self._ledger.change(rollout_id, decide)

    async def withdraw(self, request: Request, rollout_id: str) -> Rollout:
        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            gate = fresh.gate
            if gate is None or gate.id != request.gate:
                return None
            kept = tuple(
                each for each in gate.approvals if each.person.id != request.actor.id or each.how != "reaction"
            )
            if kept == gate.approvals:
                return None
            changed = fresh.but(gate=gate.model_copy(update={"approvals": kept}))
            return Step(changed, (Happening("withdrawn", {"by": request.actor.id}, request.actor),))

        return await self._ledger.change(rollout_id, decide)

    async def reject(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "approve", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            _open_gate(fresh, plan, request, now)
            why = f"the gate was rejected: {reason or 'no reason given'}"
            kept = a_hold(why, request.actor.id, now, "gate")
            told = Happening("rejected", {"by": request.actor.id, "reason": reason}, request.actor)
            held = moves.hold(fresh, now, kept, new_id(), request.actor)
            return Step(held.rollout, (told, *held.happenings))

        return await self._ledger.change(rollout_id, decide)

    async def promote(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "override", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            _may_end_early(fresh, plan, reason, now)
            gate = gates.open_gate(fresh, plan, fresh.check, new_id()) if fresh.check else None
            involved = tuple(dict.fromkeys((*fresh.involved, request.actor.id)))
            opened = fresh.but(state=State.GATE, gate=gate, early=reason, involved=involved, due_at=now)
            facts = {"by": request.actor.id, "reason": reason}
            return Step(opened, (Happening("early", facts, request.actor),))

        return await self._ledger.change(rollout_id, decide)


def _approved(before: Rollout, approved: Rollout, plan: Plan, request: Request, now: datetime) -> Step:
    """The approval, and the promotion when it was the last thing that was waited for."""
    gate = approved.gate
    wanted = plan.stages[before.stage].approvals
    have = len(gates.counted(gate, wanted, before.involved)) if gate else 0
    facts = {"by": request.actor.id, "have": have, "need": wanted.need, "how": _how(request)}
    told = Happening("approved", facts, request.actor)
    risen = promote_when_ready(approved, plan, now, new_id())
    return Step(risen.rollout.but(due_at=now), (told, *risen.happenings))


def _how(request: Request) -> str:
    return request.surface if request.surface in ("button", "reaction", "shell") else "verb"


def _open_gate(rollout: Rollout, plan: Plan, request: Request, now: datetime) -> Gate:
    gate = rollout.gate
    if gate is None:
        if request.gate:
            raise StaleClick(standing(rollout), rollout.plan)
        waits = ", ".join(waiting.what for waiting in gates.bake_waits_for(rollout, plan, now))
        raise GateClosed(
            rollout.plan, f"it is {rollout.state.value}" + (f" and waits for {waits}" if waits else "") + "."
        )
    if request.gate and request.gate != gate.id:
        raise StaleClick(standing(rollout), rollout.plan)
    return gate


def standing(rollout: Rollout) -> str:
    """Where it stands, in one sentence."""
    return f"{rollout.plan} is now {rollout.state.value.replace('_', ' ')} at {rollout.confirmed}."


def _may_end_early(rollout: Rollout, plan: Plan, reason: str, now: datetime) -> None:
    if not reason:
        raise NotPromotable(rollout.plan, "ending a bake early needs a reason")
    if rollout.state is not State.BAKING:
        raise NotPromotable(rollout.plan, f"it is {rollout.state.value}, and only a bake can be ended early")
    if rollout.stage == len(plan.stages) - 1:
        raise NotPromotable(rollout.plan, "this is the last stage; its bake is the validation")
    check = rollout.check
    if check is None or now - check.at > gates.FRESH * plan.every.check:
        raise NotPromotable(rollout.plan, "there is no fresh check yet")
    if check.settling or not check.verdict.promotable:
        state = "the metrics are still settling" if check.settling else f"the last check says {check.verdict.value}"
        raise NotPromotable(rollout.plan, state)
