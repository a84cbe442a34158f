"""Reads for people: rollouts by id, name, or nearly; plans; evidence."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from bot.domain.errors import AmbiguousRollout, NotUnderWay, UnknownRollout
from bot.domain.evidence import Head, Record
from bot.domain.machine import State
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.planning.reading import environments_of
from bot.domain.rollout import Rollout
from bot.engine.ledger import Ledger
from bot.engine.rights import Rights
from bot.ports import Plans

FAR_BACK = 200


class Finding:
    """The reading half of the desk."""

    def __init__(self, ledger: Ledger, plans: Plans, rights: Rights) -> None:
        self._ledger = ledger
        self._plans = plans
        self._rights = rights

    async def find(self, name: str, *, live: bool) -> Rollout:
        """By id, plan name, or nearly. Raises UnknownRollout or AmbiguousRollout with the correction."""
        known = await self._ledger.rollouts.live() if live else await self._ledger.rollouts.latest(limit=FAR_BACK)
        if not name and len(known) == 1:
            return known[0]
        exact = [rollout for rollout in known if name in (rollout.id, rollout.plan)]
        if not live and exact:
            return exact[0]
        found = exact or [rollout for rollout in known if name and rollout.plan.startswith(name.lower())]
        if len({rollout.plan for rollout in found}) == 1 and (len(found) == 1 or not live):
            return found[0]
        if not live and not found and (older := await self._long_ago(name)) is not None:
            return older
        if len(found) > 1:
            raise AmbiguousRollout(name, ", ".join(f"{rollout.id} ({rollout.environment})" for rollout in found))
        raise await self._unknown(name, known, live)

    async def _long_ago(self, name: str) -> Rollout | None:
        """What isn't among the newest of all: by its id, or the newest of its plan."""
        if not name:
            return None
        try:
            return await self._ledger.rollouts.load(name)
        except UnknownRollout:
            return next(iter(await self._ledger.rollouts.latest(name, 1)), None)

    async def _unknown(self, name: str, known: Sequence[Rollout], live: bool) -> UnknownRollout:
        if live and name in self._plans.names():
            return NotUnderWay(name)
        names = sorted({rollout.plan for rollout in known})
        near = difflib.get_close_matches(name, names, n=1)
        if near:
            return UnknownRollout(name, Phrase("did you mean {name}?", name=near[0]))
        if names:
            known_names = ", ".join(names[:8])
            if live:
                return UnknownRollout(name, Phrase("live now: {names}", names=known_names))
            return UnknownRollout(name, Phrase("name one of these: {names}", names=known_names))
        started = next(iter(self._plans.names()), "PLAN")
        return UnknownRollout(name, Phrase("none is live; /canary start {plan}, or /canary history", plan=started))

    async def live(self, plan: str = "") -> Sequence[Rollout]:
        return await self._ledger.rollouts.live(plan)

    async def latest(self, plan: str = "", limit: int = 10) -> Sequence[Rollout]:
        return await self._ledger.rollouts.latest(plan, limit)

    async def killed(self, plan: str) -> Sequence[Rollout]:
        engaged = await self._ledger.rollouts.engaged()
        return [each for each in engaged if each.plan == plan and each.state is State.KILLED]

    async def plan_of(self, rollout: Rollout) -> Plan:
        return await self._ledger.plan_of(rollout)

    def plans(self) -> Sequence[str]:
        return self._plans.names()

    def plan(self, name: str, environment: str = "") -> Plan:
        return self._plans.find(name, environment)[0]

    def environments(self, plan: str) -> Sequence[str]:
        known, tree = self._plans.find(plan)
        return [known.environment, *sorted(environments_of(tree) - {known.environment})]

    async def records(self, rollout: Rollout) -> Sequence[Record]:
        return await self._ledger.rollouts.records(rollout.id)

    async def head(self, rollout: Rollout) -> Head:
        return await self._ledger.rollouts.head(rollout.id)

    async def _read(self, rollout_id: str) -> tuple[Rollout, Plan]:
        rollout = await self._ledger.rollouts.load(rollout_id)
        return rollout, await self._ledger.plan_of(rollout)
