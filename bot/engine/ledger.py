"""Load, change and save one rollout: the optimistic loop that every deed goes through."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from bot.domain import clocks
from bot.domain.acting import follow
from bot.domain.errors import Stale
from bot.domain.plan import Plan
from bot.domain.planning.reading import digest
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.engine.acting import acting_for
from bot.engine.closing import chain_for, completed, with_decision
from bot.engine.telling import change
from bot.ports import Clock, Plans, Rollouts

log = logging.getLogger(__name__)

PEACE_S, BREATH_S = 20.0, 0.25
TRIES = 8
"""How often a person's act is tried again when a tick saved in between; each try decides afresh."""


def new_id() -> str:
    """A fresh id for an intent or a gate."""
    return uuid4().hex[:12]


class Ledger:
    """Rollouts with their frozen plans. `on_saved` is called after each commit, to wake whoever acts or sends.

    `version` is Perch's own, for the record; "" keeps none.
    """

    def __init__(self, rollouts: Rollouts, plans: Plans, clock: Clock, version: str = "") -> None:
        self.rollouts = rollouts
        self.clock = clock
        self.version = version
        self._plans = plans
        self._thawed: dict[tuple[str, str], Plan] = {}
        self.on_saved: list[Callable[[Rollout], None]] = []

    async def plan_of(self, rollout: Rollout) -> Plan:
        """The plan frozen with a rollout; read once."""
        key = (rollout.plan_digest, rollout.environment)
        if key not in self._thawed:
            tree = await self.rollouts.tree(rollout.plan_digest)
            self._thawed[key] = self._plans.thaw(tree, rollout.environment)
        return self._thawed[key]

    def thaw(self, tree: Mapping[str, Any], environment: str) -> Plan:
        """A frozen plan from its tree, without the database; read once."""
        key = (digest(tree, environment), environment)
        if key not in self._thawed:
            self._thawed[key] = self._plans.thaw(tree, environment)
        return self._thawed[key]

    def know(self, rollout: Rollout, plan: Plan) -> None:
        """Remember a plan that was read already."""
        self._thawed.setdefault((rollout.plan_digest, rollout.environment), plan)

    async def keep(
        self,
        before: Rollout,
        step: Step,
        plan: Plan,
        now: datetime,
        measured: Mapping[str, Any] | None = None,
        claim: str = "",
        trees: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        patient: bool = False,
    ) -> Rollout:
        """Commit one step: state, evidence, messages. Raises Stale when the rollout moved on since `before`, or the
        claim that a look rests on doesn't hold any more, or a patient one would be in a look's way; NotOurs when the
        delivery acted for is another process's."""
        step = clocks.in_time(completed(before, follow(before, step, plan), self.version), plan, now)
        chain = await chain_for(self.rollouts, before, step.rollout)
        brought = replace(change(before, step, plan, now, measured), trees=trees or {}, patient=patient)
        brought = replace(brought, evidence=with_decision(brought.evidence, chain, step.rollout, plan, now))
        saved = await self.rollouts.save(step.rollout, replace(brought, claim=claim, delivery=acting_for.get()))
        for tell in self.on_saved:
            tell(saved)
        return saved

    async def change(
        self,
        id: str,
        decide: Callable[[Rollout, Plan, datetime], Step | None],
        *,
        trees: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Rollout:
        """Load, decide, commit; again when somebody was faster. `decide` may raise a refusal, or return None.

        `trees` are frozen plans to be kept with it, by digest.
        """
        for _ in range(TRIES):
            rollout = await self.rollouts.load(id)
            plan = await self.plan_of(rollout)
            now = self.clock()
            step = decide(rollout, plan, now)
            if step is None:
                return rollout
            try:
                return await self.keep(rollout, step, plan, now, trees=trees)
            except Stale:
                log.info("rollout %s moved on meanwhile, deciding afresh", id)
        raise Stale(id, rollout.revision)

    async def change_in_peace(self, id: str, decide: Callable[[Rollout, Plan, datetime], Step | None]) -> None:
        """The same for what can wait until nobody looks at the rollout: it makes no check start afresh.

        After `PEACE_S` it's kept all the same. Raises what `change` raises.
        """
        for _ in range(round(PEACE_S / BREATH_S)):
            rollout = await self.rollouts.load(id)
            plan, now = await self.plan_of(rollout), self.clock()
            step = decide(rollout, plan, now)
            if step is None:
                return
            try:
                await self.keep(rollout, step, plan, now, patient=True)
                return
            except Stale:
                await asyncio.sleep(BREATH_S)
        await self.change(id, decide)

    async def record(self, rollout: Rollout, *happenings: Happening) -> Rollout:
        """Add evidence (and its messages) without changing the state."""

        def same(fresh: Rollout, plan: Plan, now: datetime) -> Step:
            return Step(fresh, happenings)

        return await self.change(rollout.id, same)
