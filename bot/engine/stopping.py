"""Hold, roll back, kill and what undoes them; downward waits for nothing (law 2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import kills, moves
from bot.domain.errors import (
    NotNow,
    StaleClick,
)
from bot.domain.machine import State
from bot.domain.moves import Step, a_hold
from bot.domain.plan import Plan
from bot.domain.rollout import PERCH, Rollout
from bot.domain.units import Weight
from bot.engine.equipment import Equipment
from bot.engine.finding import Finding
from bot.engine.gatekeeping import standing
from bot.engine.kill import KillSwitch, NoCard
from bot.engine.ledger import Ledger, new_id
from bot.engine.requests import KillAsked, Request
from bot.engine.rights import Rights
from bot.ports import Card, OutsideFault, Plans, Spooled, StoreAway

log = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""How long a downward act waits for the database before it goes by the kill card (law 2)."""


class Stopping(Finding):
    """The desk's side that leads downward."""

    def __init__(self, ledger: Ledger, plans: Plans, rights: Rights, switch: KillSwitch, equipment: Equipment) -> None:
        super().__init__(ledger, plans, rights)
        self._switch = switch
        self._equipment = equipment

    # ---- hold and resume ----------------------------------------------------------------------------------------

    async def hold(self, request: Request, rollout_id: str, reason: str, lasting: timedelta | None) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "stop", plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            _not_stale(fresh, request)
            why = reason or f"asked for by {request.actor.name or request.actor.id}"
            kept = a_hold(why, request.actor.id, now, "person", lasting)
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
        why = reason or f"asked for by {request.actor.name or request.actor.id}"
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
            async with asyncio.timeout(PATIENCE_S):
                return await self._ledger.change(rollout_id, decide)
        except (StoreAway, TimeoutError):
            return await self._by_card(request, rollout_id, why, "rollback")

    async def kill(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        """Never by the database: from the card at once; a rollout without one gets it here."""
        return await self._by_card(request, rollout_id, reason, "kill")

    async def kill_all(self, request: Request, reason: str) -> Sequence[KillAsked]:
        wanted = await self._all_live()
        calls = [self.kill(_named(request, id), id, reason) for id in wanted]
        results = await asyncio.gather(*calls, return_exceptions=True)
        return [
            KillAsked(rollout=id, name=name, fault=str(result) if isinstance(result, BaseException) else "")
            for (id, name), result in zip(wanted.items(), results, strict=True)
        ]

    async def _all_live(self) -> dict[str, str]:
        """Ids of all live rollouts with a name for people: by the cards, and by the database where it answers."""
        wanted = {
            card.rollout: f"{card.plan} in {card.environment}"
            for card in await self._switch.cards()
            if not card.completed
        }
        try:
            async with asyncio.timeout(PATIENCE_S):
                live = await self._ledger.rollouts.live()
        except (StoreAway, TimeoutError):
            return wanted
        return wanted | {rollout.id: f"{rollout.plan} in {rollout.environment}" for rollout in live}

    async def _by_card(self, request: Request, rollout_id: str, reason: str, what: str) -> Rollout:
        try:
            card = await self._switch.card(rollout_id)
        except NoCard:
            rollout, plan = await self._read(rollout_id)
            card = await self._switch.card_for(rollout, await self._rights.members(plan))
        plan = self._ledger.thaw(card.tree, card.environment)
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


def _not_stale(rollout: Rollout, request: Request) -> None:
    if request.stage is not None and request.stage != rollout.stage:
        raise StaleClick(standing(rollout), rollout.plan)


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


def _named(request: Request, rollout: str) -> Request:
    return request.model_copy(update={"key": f"{request.key}:{rollout}", "rollout": rollout})
