"""Hold, roll back, kill and what undoes them; downward waits for nothing (law 2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import budgets, kills, moves, observing, rollbacks, start_gate
from bot.domain.errors import NotAllowed, NotNow, OnlyObserved, PerchError, StaleClick, UnknownRollout
from bot.domain.freezes import refused
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.obstacles import BudgetUsedUp, HeldOutsideWindow
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import PERCH, Kill, MethodOutcome, Person, Rollout
from bot.domain.steps import Step
from bot.domain.units import Weight
from bot.engine.equipment import Equipment
from bot.engine.finding import Finding
from bot.engine.gatekeeping import standing
from bot.engine.kill import KillSwitch, NoCard
from bot.engine.ledger import Ledger, new_id
from bot.engine.rearming import Rearming
from bot.engine.requests import KillAsked, Request
from bot.engine.rights import STOP_S, Rights
from bot.engine.shared_switches import SharedSwitches, no_start
from bot.ports import Card, Plans, Spooled, StoreAway

log = logging.getLogger(__name__)

PATIENCE_S = 0.4
"""How long a downward act waits for the database before it goes by the kill card (law 2)."""
LIVE_S = 5.0
"""How long `kill all` waits to hear of rollouts without a card on this machine."""
LOOK_S = 1.0
"""How long an answer waits for the database, once the act itself is done."""


class Stopping(Finding):
    """The desk's side that leads downward."""

    def __init__(self, ledger: Ledger, plans: Plans, rights: Rights, switch: KillSwitch, equipment: Equipment) -> None:
        super().__init__(ledger, plans, rights)
        self._switch = switch
        self._equipment = equipment
        self._shared = SharedSwitches(ledger, switch, equipment)

    # ---- hold and resume ----------------------------------------------------------------------------------------

    async def hold(self, request: Request, rollout_id: str, reason: str, lasting: timedelta | None) -> Rollout:
        _, plan = await self._read(rollout_id)
        await self._permit_stop(request, plan, rollout_id)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if fresh.mode == "observe":
                return _if_it_were_ours(fresh, plan, request, "hold", reason)
            _not_stale(fresh, request)
            if fresh.state is State.PREFLIGHT and fresh.adopts is not None:
                # Held, what it was to take over would look like drift, and be lowered.
                raise NotNow(
                    Phrase("{plan} is about to take over what is there; nothing rises before that.", plan=fresh.plan),
                    f"/canary rollback {fresh.plan}",
                )
            why = reason or f"asked for by {request.actor.name or request.actor.id}"
            # Nobody can ask a webhook what to do next.
            owner = fresh.requester if request.surface == "webhook" else request.actor
            kept = a_hold(why, owner.id, now, "person", lasting)
            return moves.hold(fresh, now, kept, new_id(), request.actor)

        return await self._ledger.change(rollout_id, decide)

    async def resume(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        rollout, plan = await self._read(rollout_id)
        await self._rights.permit(request, "operate", plan)
        await self._require_free(rollout, plan)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if fresh.frozen is not None and fresh.frozen.stands(now):
                raise refused(fresh.frozen)
            if gone := budgets.held_for_it(fresh):
                raise BudgetUsedUp(fresh.plan, ", ".join(gone))
            if fresh.intent is not None:
                raise NotNow(
                    Phrase(
                        "{plan} is still being brought back to {weight}; it stays held.",
                        plan=fresh.plan,
                        weight=fresh.intent.weight,
                    ),
                    f"/canary status {fresh.plan}",
                )
            opens = start_gate.entry_opens(fresh, plan, now) if fresh.shifted_at is None else None
            if fresh.state is State.HELD and opens is not None:
                raise HeldOutsideWindow(fresh.plan, f"{opens:%a %Y-%m-%d %H:%M %Z}")
            return moves.resume(fresh, now, request.actor)

        return await self._ledger.change(rollout_id, decide)

    async def _require_free(self, rollout: Rollout, plan: Plan) -> None:
        """A start that was held before it moved anything is begun by its resume. Raises SwitchHeldOff, StoreAway."""
        begins = rollout.state is State.HELD and rollout.shifted_at is None and rollout.mode != "observe"
        if begins and (holders := await self._shared.in_the_way(plan)):
            raise no_start(plan, holders)

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
            if fresh.state.going_down or fresh.state.brought_down:
                return None
            if fresh.mode == "observe":
                ours = request.surface != "webhook"
                stopped = observing.stop(fresh, now, why, request.actor) if ours and fresh.live else None
                return stopped if ours else _if_it_were_ours(fresh, plan, request, "rollback", why)
            if fresh.state.unmoved:
                return moves.abort(fresh, now, why, request.actor)
            return rollbacks.roll_back(fresh, plan, now, new_id(), why, request.actor)

        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._ledger.change(rollout_id, decide)
        except (StoreAway, TimeoutError):
            return await self._by_card(request, rollout_id, why, "rollback")

    async def kill(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        """Never by the database: from the card at once; a rollout without one gets it here."""
        try:
            return await self._by_card(request, rollout_id, reason, "kill")
        except OnlyObserved:
            if request.surface != "webhook":
                raise

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return _if_it_were_ours(fresh, plan, request, "kill", reason)

        return await self._ledger.change(rollout_id, decide)

    async def kill_all(self, request: Request, reason: str) -> Sequence[KillAsked]:
        """What there are cards of goes down at once; what only the database knows follows, where it answers."""
        reading = asyncio.ensure_future(self._live())
        carded = await self._carded()
        going = {id: self._begun(request, id, reason) for id in carded}
        live = await reading
        going |= {id: self._begun(request, id, reason) for id in live if id not in going}
        results = await asyncio.gather(*going.values(), return_exceptions=True)
        names = live | carded
        return [_asked(id, names[id], result) for id, result in zip(going, results, strict=True)]

    def _begun(self, request: Request, id: str, reason: str) -> asyncio.Task[Rollout]:
        return asyncio.create_task(self._one_of_all(_named(request, id), id, reason))

    async def _one_of_all(self, request: Request, id: str, reason: str) -> Rollout:
        return await self.kill(request, id, reason)

    async def _carded(self) -> dict[str, str]:
        """Ids of all live rollouts that this machine has cards of, with a name for people."""
        try:
            cards = await self._switch.cards()
        except StoreAway as away:
            log.error("the kill cards can't be read: %s", away)
            return {}
        return {card.rollout: f"{card.plan} in {card.environment}" for card in cards if not card.completed}

    async def _live(self) -> dict[str, str]:
        """The same by the database; nothing where it doesn't answer. What has a card goes down meanwhile."""
        try:
            async with asyncio.timeout(LIVE_S):
                live = await self._ledger.rollouts.live()
        except (StoreAway, TimeoutError):
            return {}
        ours = [rollout for rollout in live if rollout.mode != "observe"]
        return {rollout.id: f"{rollout.plan} in {rollout.environment}" for rollout in ours}

    async def _by_card(self, request: Request, rollout_id: str, reason: str, what: str) -> Rollout:
        card = await self._card(rollout_id, by_a_person=request.surface != "webhook")
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
        outcomes = await self._switch.pull(act, card)
        return await self._as_known(card, act, outcomes)

    async def _card(self, rollout_id: str, *, by_a_person: bool) -> Card:
        try:
            return await self._switch.card(rollout_id)
        except (NoCard, StoreAway):
            rollout, plan = await self._read(rollout_id)
            if by_a_person and rollout.mode == "observe" and (former := await self._former_card(rollout)) is not None:
                return former
            return await self._switch.card_for(rollout, await self._rights.members(plan, STOP_S))

    async def _former_card(self, rollout: Rollout) -> Card | None:
        """Of what Perch rolled out itself before it watched this one: that can still be killed, by the same name."""
        try:
            cards = await self._switch.cards(rollout.plan)
        except StoreAway:
            return None
        own = [card for card in cards if (card.plan, card.environment) == (rollout.plan, rollout.environment)]
        return max(own, key=lambda card: card.made_at, default=None)

    async def _as_known(self, card: Card, act: Spooled, outcomes: Sequence[MethodOutcome]) -> Rollout:
        """The rollout as the database has it; where it can't say, as the card does. With what has just come of it."""
        try:
            async with asyncio.timeout(LOOK_S):
                known = await self._ledger.rollouts.load(card.rollout)
        except (StoreAway, TimeoutError, UnknownRollout):
            known = from_card(card, self._ledger.clock())
        if known.kill is None and act.what != "rollback":
            by = Person(id=act.by, name=act.by_name)
            known = known.but(kill=Kill(by=by, reason=act.reason, asked_at=act.at, tier=1))
        return kills.note_outcomes(known, outcomes)

    async def _permit_stop(self, request: Request, plan: Plan, rollout_id: str) -> None:
        try:
            known = (await self._switch.card(rollout_id)).operators
        except (NoCard, StoreAway):
            known = ()
        await self._rights.permit(request, "stop", plan, known=known)

    async def rearm(self, request: Request, rollout_id: str, *together: str) -> Sequence[Rollout]:
        asked = [await self._read(id) for id in dict.fromkeys((rollout_id, *together))]
        for _, plan in asked:
            await self._rights.permit(request, "operate", plan)
        return await Rearming(self._ledger, self._switch, self._equipment).rearm(asked, request.actor)


def _asked(id: str, name: str, result: Rollout | BaseException) -> KillAsked:
    if isinstance(result, BaseException):
        if not isinstance(result, PerchError | StoreAway):
            log.error("the kill of %s broke", id, exc_info=result)
        told = f"{result} {result.next_step}".strip() if isinstance(result, NotAllowed) else str(result)
        return KillAsked(rollout=id, name=name, fault=told or type(result).__name__)
    return KillAsked(rollout=id, name=name, still_on=tuple(kills.still_on(result.kill)) if result.kill else ())


def _if_it_were_ours(rollout: Rollout, plan: Plan, request: Request, do: str, why: str) -> Step:
    """A webhook's word about what is only observed: said. A person is told whose it is. Raises OnlyObserved."""
    if request.surface != "webhook":
        raise OnlyObserved(rollout.plan, do)
    return observing.would(rollout, plan, do, why, by=request.actor)


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
