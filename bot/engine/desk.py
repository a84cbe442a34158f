"""What people ask, done: each verb checks the person, decides in the domain, and commits; downward first of all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import evidence, gates, kills, moves
from bot.domain.errors import (
    AmbiguousRollout,
    GateClosed,
    NotAllowed,
    NotNow,
    NotPromotable,
    PerchError,
    StaleClick,
    UnknownRollout,
)
from bot.domain.evidence import WORKSPACE, Entry
from bot.domain.machine import State
from bot.domain.moves import Happening, Step, a_hold
from bot.domain.plan import Plan
from bot.domain.progress import promote_when_ready
from bot.domain.rollout import PERCH, Approval, Gate, Rollout
from bot.domain.units import Weight
from bot.engine.equipment import Equipment
from bot.engine.finding import Finding
from bot.engine.kill import KillSwitch, NoCard
from bot.engine.ledger import Ledger, new_id
from bot.engine.requests import Request, Right
from bot.engine.rights import Rights
from bot.engine.starting import Starting
from bot.ports import Card, OutsideFault, Plans, Spooled, StoreAway

log = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""How long a downward act waits for the database before it goes by the kill card (law 2)."""


class FrontDesk(Finding):
    """The one implementation of `requests.Desk`."""

    def __init__(
        self,
        ledger: Ledger,
        plans: Plans,
        rights: Rights,
        starting: Starting,
        switch: KillSwitch,
        equipment: Equipment,
    ) -> None:
        super().__init__(ledger, plans)
        self._rights = rights
        self._starting = starting
        self._switch = switch
        self._equipment = equipment

    async def permit(self, request: Request, what: Right, plan: Plan) -> None:
        await self._rights.permit(request, what, plan)

    async def start(
        self,
        request: Request,
        plan: str,
        weight: Weight,
        *,
        version: str,
        environment: str,
        override: str,
        fix: str,
        observe: bool,
    ) -> Rollout:
        return await self._starting.start(
            request, plan, weight, version=version, environment=environment, override=override, fix=fix, observe=observe
        )

    # ---- the gate -----------------------------------------------------------------------------------------------

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

    # ---- hold and resume ----------------------------------------------------------------------------------------

    async def hold(self, request: Request, rollout_id: str, reason: str, lasting: timedelta | None) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "stop", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            _not_stale(fresh, request)
            kept = a_hold(reason or "asked for by a person", request.actor.id, now, "person", lasting)
            return moves.hold(fresh, now, kept, new_id(), request.actor)

        return await self._ledger.change(rollout_id, decide)

    async def resume(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "operate", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if fresh.intent is not None:
                raise NotNow(
                    f"{fresh.plan} is still being brought back to {fresh.intent.weight}; it stays held.",
                    f"/canary status {fresh.plan}",
                )
            return moves.resume(fresh, now, request.actor)

        return await self._ledger.change(rollout_id, decide)

    # ---- down ---------------------------------------------------------------------------------------------------

    async def rollback(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        """By the database where it answers within a second, otherwise by the kill card."""
        why = reason or "asked for by a person"
        try:
            async with asyncio.timeout(PATIENCE_S):
                _, plan = await self._read(rollout_id)
        except (StoreAway, TimeoutError):
            return await self._by_card(request, rollout_id, why, "rollback")
        await self._permit_stop(request, plan, rollout_id)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if fresh.state.going_down:
                return None
            if fresh.state is State.PREFLIGHT:
                return moves.abort(fresh, now, why, request.actor)
            return moves.roll_back(fresh, plan, now, new_id(), why, request.actor)

        try:
            return await self._ledger.change(rollout_id, decide)
        except StoreAway:
            return await self._by_card(request, rollout_id, why, "rollback")

    async def kill(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        """Never by the database: from the card at once; a rollout without one gets it here."""
        return await self._by_card(request, rollout_id, reason, "kill")

    async def kill_all(self, request: Request, reason: str) -> list[str]:
        cards = {card.plan: card for card in await self._switch.cards()}
        calls = [self.kill(_named(request, card), card.rollout, reason) for card in cards.values()]
        results = await asyncio.gather(*calls, return_exceptions=True)
        for card, result in zip(cards.values(), results, strict=True):
            if isinstance(result, BaseException):
                log.error("kill --all: %s: %s", card.plan, result)
        return [card.plan for card, result in zip(cards.values(), results, strict=True) if isinstance(result, Rollout)]

    async def _by_card(self, request: Request, rollout_id: str, reason: str, what: str) -> Rollout:
        try:
            card = await self._switch.card(rollout_id)
        except NoCard:
            rollout, plan = await self._read(rollout_id)
            card = await self._switch.card_for(rollout, await self._rights.members(plan))
        plan = self._plans.thaw(card.tree, card.environment)
        await self._rights.permit(request, "stop", plan, known=card.operators)
        act = Spooled(
            key=request.key,
            what=what,
            rollout=card.rollout,
            plan=card.plan,
            environment=card.environment,
            by=request.actor.id,
            by_name=request.actor.name,
            reason=reason,
            at=self._ledger.clock(),
        )
        await self._switch.pull(act, card)
        return await self._as_known(card)

    async def _as_known(self, card: Card) -> Rollout:
        """The rollout as the database has it; where it can't say, as the card does."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._ledger.rollouts.load(card.rollout)
        except (StoreAway, TimeoutError):
            return from_card(card, self._ledger.clock())

    async def _permit_stop(self, request: Request, plan: Plan, rollout_id: str) -> None:
        try:
            known = (await self._switch.card(rollout_id)).operators
        except (NoCard, StoreAway):
            known = ()
        await self._rights.permit(request, "stop", plan, known=known)

    async def rearm(self, request: Request, rollout_id: str) -> Rollout:
        rollout, plan = await self._read(rollout_id)
        await self._rights.permit(request, "operate", plan)
        if rollout.state is not State.KILLED or rollout.rearmed_at is not None:
            raise NotNow(f"The kill switch of {rollout.plan} isn't engaged.", f"/canary status {rollout.plan}")
        restored = await self._restore(rollout, plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return None if fresh.rearmed_at else kills.rearm(fresh, now, request.actor, restored)

        return await self._ledger.change(rollout_id, decide)

    async def _restore(self, rollout: Rollout, plan: Plan) -> Sequence[str]:
        restored = []
        for method in self._equipment.gear(plan).methods:
            if method.name not in rollout.former:
                continue
            try:
                async with asyncio.timeout(30):
                    await method.act.restore(rollout.former[method.name])
            except (OutsideFault, TimeoutError) as fault:
                raise NotNow(
                    f"{method.name} could not be put back: {fault or 'no answer'}. {rollout.plan} stays killed.",
                    f"mend it, then: /canary rearm {rollout.plan}",
                ) from fault
            restored.append(method.name)
        return restored

    async def _read(self, rollout_id: str) -> tuple[Rollout, Plan]:
        rollout = await self._ledger.rollouts.load(rollout_id)
        return rollout, await self._ledger.plan_of(rollout)

    async def refused(self, request: Request, why: PerchError) -> None:
        """Put a refusal on record: in the rollout's chain where there is one, otherwise in the workspace's (E1)."""
        facts = {
            "verb": request.verb,
            "words": list(request.words),
            "surface": request.surface,
            "why": str(why),
            "next_step": why.next_step,
        }
        entry = Entry("refused", self._ledger.clock(), request.actor.id, facts)
        try:
            await self._ledger.rollouts.note(await self._chain_of(request), [entry])
        except (StoreAway, UnknownRollout) as away:
            log.warning("a refusal of '%s' isn't on record: %s", request.verb, away)

    async def _chain_of(self, request: Request) -> str:
        if request.rollout:
            return request.rollout
        try:
            return (await self.find(request.words[0], live=True)).id if request.words else WORKSPACE
        except (UnknownRollout, AmbiguousRollout):
            return WORKSPACE

    async def verify(self, rollout: Rollout) -> evidence.Broken | None:
        records = await self._ledger.rollouts.records(rollout.id)
        return evidence.verify(rollout.id, records, await self._ledger.rollouts.head(rollout.id))


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


def _not_stale(rollout: Rollout, request: Request) -> None:
    if request.stage is not None and request.stage != rollout.stage:
        raise StaleClick(standing(rollout), rollout.plan)


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


def from_card(card: Card, now: datetime) -> Rollout:
    """A rollout as far as its kill card tells, for an answer while the database is away."""
    return Rollout(
        id=card.rollout,
        plan=card.plan,
        plan_digest="",
        service="",
        environment=card.environment,
        version="",
        requester=PERCH,
        started_at=now,
        revision=card.revision,
        state=State.KILLING,
        confirmed=Weight(card.confirmed),
        due_at=now,
    )


def _named(request: Request, card: Card) -> Request:
    return request.model_copy(update={"key": f"{request.key}:{card.rollout}", "rollout": card.rollout})
