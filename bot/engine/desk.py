"""What people ask, done: each verb checks the person, decides in the domain, and commits."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.domain.errors import (
    AmbiguousRollout,
    NotAllowed,
    PerchError,
    Refusal,
    UnknownRollout,
)
from bot.domain.evidence import WORKSPACE, Broken, Entry
from bot.domain.freezes import Freeze
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.engine.acknowledging import Acknowledging
from bot.engine.equipment import Equipment
from bot.engine.freezing import Freezing
from bot.engine.gatekeeping import Gatekeeping
from bot.engine.glimpses import Glimpses
from bot.engine.incidents import Incidents
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.engine.marking import Marking
from bot.engine.overruling import Overruling
from bot.engine.recounting import Recounting
from bot.engine.replanning import Replanning
from bot.engine.reporting import report_message
from bot.engine.requests import Changed, Cold, Request, Right, Start
from bot.engine.rights import Rights
from bot.engine.runbooks import Runbooks
from bot.engine.starting import Starting
from bot.engine.stopping import Stopping
from bot.engine.watching import Watching
from bot.ports import Outbox, Plans, StoreAway

log = logging.getLogger(__name__)


class FrontDesk(
    Gatekeeping, Acknowledging, Overruling, Replanning, Watching, Runbooks, Incidents, Glimpses, Marking, Stopping
):
    """The one implementation of `requests.Desk`."""

    def __init__(
        self,
        ledger: Ledger,
        plans: Plans,
        rights: Rights,
        starting: Starting,
        switch: KillSwitch,
        equipment: Equipment,
        freezing: Freezing,
        recounting: Recounting,
        outbox: Outbox | None = None,
    ) -> None:
        super().__init__(ledger, plans, rights, switch, equipment)
        self._starting = starting
        self._freezing = freezing
        self._outbox = outbox
        self._recounting = recounting

    async def permit(self, request: Request, what: Right, plan: Plan) -> None:
        await self._rights.permit(request, what, plan)

    async def start(self, request: Request, start: Start) -> Rollout:
        return await self._starting.start(request, start)

    async def obstacles(self, request: Request, start: Start) -> Sequence[Refusal]:
        return await self._starting.obstacles(request, start)

    async def changed(self, plan: str, environment: str = "") -> Changed | None:
        return await self._starting.changed(plan, environment)

    async def freeze(
        self, request: Request, service: str, reason: str, lasting: timedelta | None, exempt: Sequence[str]
    ) -> Cold:
        return await self._freezing.freeze(request, service, reason, lasting, exempt)

    async def unfreeze(self, request: Request, service: str, reason: str, only: Sequence[str]) -> Cold:
        return await self._freezing.unfreeze(request, service, reason, only)

    async def standing(self) -> Sequence[Freeze]:
        return await self._freezing.standing()

    async def services(self) -> Mapping[str, str]:
        return await self._freezing.services()

    async def _one_of_all(self, request: Request, id: str, reason: str) -> Rollout:
        """Who may kill some and not others is answered once, and each refusal goes on record."""
        try:
            return await super()._one_of_all(request, id, reason)
        except NotAllowed as why:
            await self.refused(request, why)
            raise

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

    async def send_report(self, request: Request, rollout: Rollout) -> bool:
        if self._outbox is None:
            return False
        wanted = report_message(rollout, rollout.revision, request.key)
        await self._outbox.add([wanted], self._ledger.clock(), rollout.id)
        return True

    async def verify(self, rollout: Rollout) -> Broken | None:
        return await self._ledger.rollouts.verify(rollout.id)
