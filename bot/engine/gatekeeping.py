"""The gate, as people meet it: approve, take back, reject, and end a bake early."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from bot.domain import checklists, gates, moves, start_gate
from bot.domain.errors import (
    ApprovedAlready,
    GateClosed,
    NotAllowed,
    NotAnItem,
    NotPromotable,
    OnlyObserved,
    StaleClick,
    TickedByChecks,
)
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.overruling import an_override
from bot.domain.phrases import Phrase
from bot.domain.plan import Approvals, ChecklistItem, Plan
from bot.domain.progress import promote_when_ready
from bot.domain.rollout import Approval, Gate, Rollout
from bot.domain.steps import Happening, Step
from bot.engine.finding import Finding
from bot.engine.ledger import new_id
from bot.engine.requests import Request
from bot.engine.rights import entitled

log = logging.getLogger(__name__)


class Gatekeeping(Finding):
    """The desk's side that leads upward: each yes is bound to the gate that its giver saw (X2)."""

    async def approve(self, request: Request, rollout_id: str) -> Rollout:
        rollout, plan = await self._read(rollout_id)
        asked = gates.approvals_of(rollout.gate, plan) if rollout.gate else plan.stages[rollout.stage].approvals
        await self._permit_approval(request, rollout, plan, asked)
        groups = await self._rights.stands_for(request, asked.one_of_each)
        role = await self._rights.known_as(request, plan.roles.approvers)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            gate = _open_gate(fresh, plan, request, now)
            wanted = gates.approvals_of(gate, plan)
            if (own := _own(request, fresh, plan, wanted)) is not None:
                raise own
            if known := [approval for approval in gate.approvals if approval.person.id == request.actor.id]:
                _tell_again(known[0], request, fresh, plan, now)
                return None
            given = Approval(person=request.actor, at=now, how=_how(request), groups=groups, role=role)
            approved = fresh.but(gate=gate.model_copy(update={"approvals": (*gate.approvals, given)}))
            return _approved(fresh, approved, plan, request, now)

        try:
            return await self._ledger.change(rollout_id, decide)
        except StaleClick:
            if request.surface != "reaction" or not await self._used_with(request, rollout_id):
                raise
            # Heard twice: as an event, and when reactions were looked up. The first one did it.
            return (await self._read(rollout_id))[0]

    async def _permit_approval(self, request: Request, rollout: Rollout, plan: Plan, asked: Approvals) -> None:
        """Raises NotAllowed, with the reason that would remain: a role gives nobody the right to approve their own."""
        try:
            await self._rights.permit(request, "approve", plan)
        except NotAllowed as refused:
            raise _own(request, rollout, plan, asked) or refused from refused.__cause__

    async def _used_with(self, request: Request, rollout_id: str) -> bool:
        """Whether this person's yes is among those that the gate was used with."""
        records = await self._ledger.rollouts.records(rollout_id)
        used = [record.body for record in records if record.kind == "promoted"]
        return any(body["gate"] == request.gate and request.actor.id in body["by"] for body in used)

    async def withdraw(self, request: Request, rollout_id: str) -> Rollout:
        """Take a reaction's yes back. Raises StaleClick once the gate is gone: it was used, or closed, with it."""

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            gate = fresh.gate
            if gate is None or gate.id != request.gate:
                raise StaleClick(standing(fresh), fresh.plan)
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
            if fresh.state is State.START_GATE:
                return start_gate.reject(fresh, now, reason, request.actor)
            why = f"the gate was rejected: {reason or 'no reason given'}"
            kept = a_hold(why, request.actor.id, now, "gate")
            told = Happening("rejected", {"by": request.actor.id, "reason": reason}, request.actor)
            held = moves.hold(fresh, now, kept, new_id(), request.actor)
            return Step(held.rollout, (told, *held.happenings))

        return await self._ledger.change(rollout_id, decide)

    async def tick(self, request: Request, rollout_id: str, which: str, *, done: bool) -> Rollout:
        rollout, plan = await self._read(rollout_id)
        shown = _open_gate(rollout, plan, request, self._ledger.clock())
        wanted = _item(rollout, _checklist(shown, plan), which, "tick" if done else "untick")
        tick, untick = Phrase("tick '{item}'", item=wanted.text), Phrase("untick '{item}'", item=wanted.text)
        await self._rights.permit_among(request, tick if done else untick, wanted.by or entitled("operate", plan.roles))

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            gate = _open_gate(fresh, plan, request, now)
            if wanted not in _checklist(gate, plan):
                raise StaleClick(standing(fresh), fresh.plan)
            changed = (
                checklists.ticked(gate, wanted.text, request.actor, now)
                if done
                else checklists.cleared(gate, wanted.text)
            )
            if changed == gate:
                return None
            facts = {"item": wanted.text, "by": request.actor.id, "gate": gate.id}
            told = Happening("ticked" if done else "unticked", facts, request.actor)
            risen = promote_when_ready(fresh.but(gate=changed), plan, now, new_id())
            return Step(risen.rollout.but(due_at=now), (told, *risen.happenings))

        return await self._ledger.change(rollout_id, decide)

    async def promote(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "override", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            _may_end_early(fresh, plan, request, reason, now)
            gate = gates.open_gate(fresh, plan, fresh.check, new_id()) if fresh.check else None
            involved = tuple(dict.fromkeys((*fresh.involved, request.actor.id)))
            given = an_override(fresh, "bake", now, reason, request.actor, gate=gate.id if gate else "")
            kept = (*fresh.overrides, given)
            opened = fresh.but(state=State.GATE, gate=gate, early=reason, involved=involved, overrides=kept, due_at=now)
            facts = {"by": request.actor.id, "reason": reason}
            return Step(opened, (Happening("early", facts, request.actor),))

        return await self._ledger.change(rollout_id, decide)


def _own(request: Request, rollout: Rollout, plan: Plan, wanted: Approvals) -> NotAllowed | None:
    """Why this person may not approve, whatever their role (four eyes); None for a second person."""
    by = request.actor.id
    if not wanted.not_requester or by not in rollout.involved:
        return None
    started = Phrase("approve this: you started it yourself")
    later = Phrase("approve this: you resumed, overruled or replanned it yourself")
    second = Phrase("a second person of {who}", who=", ".join(plan.roles.approvers))
    return NotAllowed(started if by == rollout.requester.id else later, second)


def _checklist(gate: Gate, plan: Plan) -> Sequence[ChecklistItem]:
    """The items of the stage that is left; the start's gate has none."""
    stage = gates.stage_left(gate, plan)
    return stage.checklist if stage is not None else ()


def _item(rollout: Rollout, items: Sequence[ChecklistItem], which: str, verb: str) -> ChecklistItem:
    """The item that is meant by its number or by its words. Raises NotAnItem with all of them, or TickedByChecks."""
    found = [
        item
        for number, item in enumerate(items, start=1)
        if which == str(number) or (which and not which.isdigit() and which.lower() in item.text.lower())
    ]
    if len(found) != 1:
        listed = "; ".join(f"{number} {item.text}" for number, item in enumerate(items, start=1))
        raise NotAnItem(rollout.plan, which, listed, f"/canary {verb} {rollout.plan} 1" if items else "/canary why")
    if found[0].auto is not None:
        raise TickedByChecks(rollout.plan, found[0].text)
    return found[0]


def _approved(before: Rollout, approved: Rollout, plan: Plan, request: Request, now: datetime) -> Step:
    """The approval, and the promotion when it was the last thing that was waited for."""
    gate = approved.gate
    wanted = gates.approvals_of(gate, plan) if gate else Approvals()
    stage = gates.stage_left(gate, plan) if gate else None
    have = len(gates.counted(gate, wanted, before.involved)) if gate else 0
    open_items = len(checklists.unticked(gate, stage, before.check)) if gate and stage else 0
    facts = {"by": request.actor.id, "have": have, "need": wanted.need, "how": _how(request), "unticked": open_items}
    if before.state is State.START_GATE:
        facts["starts"] = True
    told = Happening("approved", facts, request.actor)
    risen = promote_when_ready(approved, plan, now, new_id())
    return Step(risen.rollout.but(due_at=now), (told, *risen.happenings))


def _tell_again(known: Approval, request: Request, rollout: Rollout, plan: Plan, now: datetime) -> None:
    """The same person's yes once more: told, unless it's the very same reaction, heard twice."""
    if known.how == _how(request) == "reaction":
        return
    waiting = gates.promotion_waits_for(rollout, plan, now, gates.opens_next(rollout, plan, now))
    raise ApprovedAlready(rollout.plan, ", ".join(each.what for each in waiting) or "the next check")


def _how(request: Request) -> str:
    return request.surface if request.surface in ("button", "reaction", "shell") else "verb"


def _open_gate(rollout: Rollout, plan: Plan, request: Request, now: datetime) -> Gate:
    gate = rollout.gate
    if gate is None:
        if request.gate:
            raise StaleClick(standing(rollout), rollout.plan)
        waits = ", ".join(waiting.what for waiting in gates.bake_waits_for(rollout, plan, now))
        state = rollout.state.value
        if waits:
            raise GateClosed(rollout.plan, Phrase("it is {state} and waits for {waits}.", state=state, waits=waits))
        raise GateClosed(rollout.plan, Phrase("it is {state}.", state=state))
    if request.gate != gate.id if request.gate else request.at < gate.opened_at:
        # Typed words name no gate: they mean what was there to be seen when they were typed.
        raise StaleClick(standing(rollout), rollout.plan)
    if gates.has_expired(rollout, plan, now):
        raise GateClosed(rollout.plan, Phrase("its time is over, and the next check closes it."))
    return gate


def standing(rollout: Rollout) -> Phrase:
    """Where it stands, in one sentence."""
    state = rollout.state.value.replace("_", " ")
    return Phrase("{plan} is now {state} at {weight}.", plan=rollout.plan, state=state, weight=rollout.confirmed)


def _may_end_early(rollout: Rollout, plan: Plan, request: Request, reason: str, now: datetime) -> None:
    if rollout.mode == "observe":
        raise OnlyObserved(rollout.plan, "promote")
    if not reason:
        raise NotPromotable(rollout.plan, Phrase("ending a bake early needs a reason"))
    if rollout.state is not State.BAKING:
        raise NotPromotable(
            rollout.plan, Phrase("it is {state}, and only a bake can be ended early", state=rollout.state.value)
        )
    if rollout.entered_at is not None and request.at < rollout.entered_at:
        raise NotPromotable(rollout.plan, Phrase("it has entered another stage since you asked"))
    if rollout.stage == len(plan.stages) - 1:
        raise NotPromotable(rollout.plan, Phrase("this is the last stage; its bake is the validation"))
    check = rollout.check
    if check is None or not gates.lately(check.at, now, gates.FRESH * plan.every.check):
        raise NotPromotable(rollout.plan, Phrase("there is no fresh check yet"))
    if check.settling or not check.verdict.promotable:
        verdict = Phrase("the last check says {verdict}", verdict=check.verdict.value)
        raise NotPromotable(rollout.plan, Phrase("the metrics are still settling") if check.settling else verdict)
