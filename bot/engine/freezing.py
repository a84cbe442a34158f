"""Freeze and unfreeze: what may not rise, for whom, and until when; and the holds that follow from it.

Freezing is a way down, open to whoever may stop anything of the service. Lifting is a way up: for the freeze's owner
while they may operate, and for the override role. Guarded three times: no start and no resume under a freeze, what
would rise is held, and the fence of every raise reads the freezes right before the outside call and again after.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain import freezes
from bot.domain.errors import BadRequest, NotAllowed, NotNow, PerchError
from bot.domain.evidence import Entry
from bot.domain.freezes import ALL, EVERYWHERE, LASTING, Freeze
from bot.domain.machine import State
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import PERCH, Person, Rollout
from bot.domain.steps import Step
from bot.engine.acting import acting_for
from bot.engine.ledger import Ledger, new_id
from bot.engine.requests import NO_REASON, Cold, Request
from bot.engine.rights import Rights
from bot.ports import Change, Freezes, KillFiles, Lane, Outgoing, Plans, StoreAway

log = logging.getLogger(__name__)

ONCE_MORE = timedelta(seconds=10)
"""So long after a change all rollouts are gone through again: one may have been created while it was made."""


class Freezing:
    """Begins and ends freezes, and keeps every live rollout under those that cover it."""

    def __init__(self, store: Freezes, ledger: Ledger, plans: Plans, rights: Rights, files: KillFiles) -> None:
        self.store = store
        self._ledger = ledger
        self._plans = plans
        self._rights = rights
        self._files = files
        self._seen: Sequence[Freeze] | None = None
        """What stood when `tend` last brought all rollouts under it."""
        self._once_more_at: datetime | None = None

    async def standing(self) -> Sequence[Freeze]:
        """All freezes that keep something down now, oldest first. Raises StoreAway."""
        now = self._ledger.clock()
        return [freeze for freeze in await self.store.open() if freeze.stands(now)]

    async def freeze(
        self,
        request: Request,
        service: str,
        reason: str,
        lasting: timedelta | None = LASTING,
        exempt: Sequence[str] = (),
    ) -> Cold:
        """Freeze a service, or everything; `lasting` None is until somebody lifts it.

        Raises BadRequest for a service that no plan names, NotAllowed, StoreAway.
        """
        live = await self._ledger.rollouts.live()
        concerned = await self._plans_of(service, live)
        if service and not concerned:
            raise BadRequest(
                Phrase("No plan is of the service '{service}'; nothing was frozen.", service=service),
                f"/canary freeze {ALL}",
            )
        await self._rights.permit_by_any(request, "stop", concerned, known=await self._known(service))
        now = self._ledger.clock()
        freeze = Freeze(
            id=f"freeze-{hashlib.sha256(request.key.encode()).hexdigest()[:10]}",
            service=service,
            why=reason or NO_REASON,
            owner=request.actor,
            since=now,
            until=now + lasting if lasting is not None else None,
            exempt=tuple(exempt),
        )
        touched = [each for each in live if freeze.covers(each.service, each.plan) and not each.state.going_down]
        begun = await self.store.begin(freeze, await self._told("freeze", freeze, request.actor, touched, now))
        await self._sweep()
        return Cold(freezes=(freeze,), touched=tuple(each.plan for each in touched) if begun else ())

    async def unfreeze(self, request: Request, service: str, reason: str, only: Sequence[str] = ()) -> Cold:
        """Lift what stands for exactly this service, or let `only` these plans go on under it.

        What was held stays held. Raises NotNow where nothing stands, NotAllowed, StoreAway.
        """
        standing = await self.standing()
        meant = [freeze for freeze in standing if freeze.service == service]
        if not meant:
            raise _not_frozen(service, standing)
        live = await self._ledger.rollouts.live()
        lifted: list[Freeze] = []
        refused: NotAllowed | None = None
        for freeze in meant:
            try:
                await self._may_lift(request, freeze, live)
            except NotAllowed as no:
                refused = no
                continue
            lifted += await self._lift(freeze, request.actor, reason, tuple(only), live)
        if not lifted:
            raise refused or NotNow(
                Phrase("Somebody else changed that freeze at this moment; look again."), "/canary list"
            )
        await self._sweep()
        return Cold(freezes=tuple(lifted), touched=_under(lifted, live), left=tuple(await self.standing()))

    async def tend(self) -> None:
        """End what ran out, and bring rollouts under what changed. Called every second or so; never raises."""
        try:
            now = self._ledger.clock()
            for freeze in await self.store.open():
                if freeze.over(now):
                    await self._end(freeze, PERCH, "its time was up", await self._ledger.rollouts.live())
            standing = await self.standing()
            if standing != self._seen:
                self._once_more_at = now + ONCE_MORE
            elif self._once_more_at is None or now < self._once_more_at:
                return
            else:
                self._once_more_at = None
            self._seen = standing if await self._sweep() else None
        except StoreAway as away:
            log.warning("freezes can't be read (%s); nothing rises meanwhile", away)

    # ---- who may --------------------------------------------------------------------------------------------------

    async def _may_lift(self, request: Request, freeze: Freeze, live: Sequence[Rollout]) -> None:
        # The last plan of a service may be gone; its freeze must not stay for ever.
        concerned = await self._plans_of(freeze.service, live) or await self._plans_of(EVERYWHERE, live)
        owned = request.actor.id == freeze.owner.id
        await self._rights.permit_by_any(request, "operate" if owned else "override", concerned)

    async def _known(self, service: str) -> frozenset[str]:
        """Who may stop when Slack can't say who anybody is: the operators on the kill cards (law 2)."""
        cards = await asyncio.to_thread(self._files.cards)
        ours = [card for card in cards if service in (EVERYWHERE, card.tree.get("service"))]
        return frozenset(operator for card in ours for operator in card.operators)

    async def _plans_of(self, service: str, live: Iterable[Rollout]) -> Sequence[Plan]:
        """The plans on offer and under way that a freeze covers."""
        on_offer = await asyncio.to_thread(self._on_offer)
        known = [*on_offer, *[await self._ledger.plan_of(rollout) for rollout in live]]
        return [plan for plan in known if service in (EVERYWHERE, plan.service)]

    def _on_offer(self) -> Sequence[Plan]:
        """All plan files: not on the event loop, for reading a hundred of them takes seconds (law 2)."""
        read = []
        for name in self._plans.names():
            try:
                read.append(self._plans.find(name)[0])
            except PerchError as broken:
                log.warning("the service of the plan %s isn't known: %s", name, broken)
        return read

    async def services(self) -> Mapping[str, str]:
        """The service of each plan on offer, by the plan's name."""
        return {plan.name: plan.service for plan in await asyncio.to_thread(self._on_offer)}

    # ---- ending ---------------------------------------------------------------------------------------------------

    async def _lift(
        self, freeze: Freeze, by: Person, reason: str, only: tuple[str, ...], live: Sequence[Rollout]
    ) -> list[Freeze]:
        if not only:
            return await self._end(freeze, by, reason, live)
        wider = freeze.model_copy(update={"exempt": tuple(dict.fromkeys((*freeze.exempt, *only)))})
        freed = [each for each in live if each.plan in only and _marked(each, freeze)]
        change = await self._told("exempt", wider, by, freed, self._ledger.clock(), reason, only)
        return [wider] if await self.store.replace(freeze, wider, change) else []

    async def _end(self, freeze: Freeze, by: Person, reason: str, live: Sequence[Rollout]) -> list[Freeze]:
        now = self._ledger.clock()
        ended = freeze.model_copy(update={"ended_at": now, "ended_by": by})
        held = [each for each in live if _marked(each, freeze)]
        change = await self._told("unfreeze", ended, by, held, now, reason)
        return [ended] if await self.store.replace(freeze, ended, change) else []

    # ---- rollouts under freezes -----------------------------------------------------------------------------------

    async def _sweep(self) -> bool:
        """Bring every live rollout under what stands; whether none was left out."""
        standing, whole = await self.standing(), True
        for rollout in await self._ledger.rollouts.live():
            try:
                plan = await self._ledger.plan_of(rollout)
                if freezes.under(rollout, plan, standing, self._ledger.clock(), "") is None:
                    continue
                await self._ledger.change(rollout.id, self._decide(await self.standing()))
            except PerchError as fault:
                log.warning("rollout %s isn't brought under its freezes yet: %s", rollout.id, fault)
                whole = False
        return whole

    def _decide(self, standing: Sequence[Freeze]) -> Any:
        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            return freezes.under(fresh, plan, standing, now, new_id())

        return decide

    # ---- the record, and what is said -----------------------------------------------------------------------------

    async def _told(
        self,
        what: str,
        freeze: Freeze,
        by: Person,
        touched: Sequence[Rollout],
        now: datetime,
        reason: str = "",
        only: Sequence[str] = (),
    ) -> Change:
        """The record in the workspace's chain, and one message for each channel with a rollout that it touches."""
        facts = {
            "freeze": freeze.id,
            "service": freeze.service,
            "why": freeze.why,
            "owner": freeze.owner.id,
            "by": by.id,
            "until": freeze.until.timestamp() if freeze.until is not None else None,
            "exempt": list(freeze.exempt),
            "reason": reason,
            "only": list(only),
        }
        channels: dict[str, list[Rollout]] = {}
        for rollout in touched:
            channels.setdefault((await self._ledger.plan_of(rollout)).channel, []).append(rollout)
        messages = tuple(
            Outgoing(
                what,
                key=":".join((what, freeze.id, *only, channel)),
                facts={**facts, "rollouts": [_standing(rollout) for rollout in there]},
                lane=Lane.URGENT,
                to=channel,
            )
            for channel, there in channels.items()
        )
        entry = Entry(what, now, by.id, {**facts, "rollouts": [rollout.id for rollout in touched]})
        return Change(evidence=(entry,), messages=messages, delivery=acting_for.get())


def _standing(rollout: Rollout) -> dict[str, Any]:
    return {
        "plan": rollout.plan,
        "rollout": rollout.id,
        "environment": rollout.environment,
        "held": rollout.state is State.HELD,
    }


def _marked(rollout: Rollout, freeze: Freeze) -> bool:
    return rollout.frozen is not None and rollout.frozen.freeze == freeze.id


def _under(lifted: Iterable[Freeze], live: Iterable[Rollout]) -> tuple[str, ...]:
    """Plans on hold that these freezes covered."""
    return tuple(
        each.plan for each in live if each.state is State.HELD and any(_marked(each, freeze) for freeze in lifted)
    )


def _not_frozen(service: str, standing: Sequence[Freeze]) -> NotNow:
    named = service or "everything"
    if not standing:
        return NotNow(Phrase("Nothing is frozen, {named} neither; nothing was done.", named=named), "/canary list")
    others = ", ".join(sorted({freeze.service or "everything" for freeze in standing}))
    first = standing[0].service or ALL
    return NotNow(
        Phrase("There is no freeze of {named}; frozen is: {others}. Nothing was done.", named=named, others=others),
        f"/canary unfreeze {first}",
    )
