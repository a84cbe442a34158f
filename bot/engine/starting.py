"""Start a rollout: everything that must be true before preflight may even begin."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from bot.domain import acting
from bot.domain.errors import NotAllowed, NotNow, Refusal, Stale
from bot.domain.obstacles import Obstacles as SeveralObstacles
from bot.domain.overrides import Override
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.planning.reading import digest
from bot.domain.rollout import Rollout
from bot.domain.steps import Happening, Step
from bot.engine.acting import acting_for
from bot.engine.changed import changed
from bot.engine.ledger import Ledger
from bot.engine.obstacles import Obstacles, first_serving
from bot.engine.requests import Changed, Request, Right, Start
from bot.engine.rights import Rights
from bot.engine.telling import change, first_status
from bot.ports import Change, Plans

log = logging.getLogger(__name__)

TRIES = 8
"""How often a start is tried while other rollouts come to life."""


class Starting:
    """Checks a start, and creates the rollout in preflight. Raises a Refusal; nothing has changed then."""

    def __init__(self, ledger: Ledger, plans: Plans, rights: Rights, obstacles: Obstacles) -> None:
        self._ledger = ledger
        self._plans = plans
        self._rights = rights
        self._obstacles = obstacles

    async def start(self, request: Request, start: Start) -> Rollout:
        plan, tree = self._plans.find(start.plan, start.environment)
        await self._rights.permit(request, _right(start), plan)
        for _ in range(TRIES):
            try:
                return await self._begin(request, start, plan, tree)
            except Stale:
                log.info("another rollout came to life while %s was started; looking again", plan.name)
        raise NotNow(
            Phrase("Other rollouts begin at this moment; {plan} was not started.", plan=plan.name),
            f"/canary start {plan.name} {first_serving(plan)}",
        )

    async def _begin(self, request: Request, start: Start, plan: Plan, tree: Mapping[str, Any]) -> Rollout:
        """One try. Raises Stale where another rollout has come to life since it was looked what is in the way."""
        live = await self._ledger.rollouts.live()
        found = await self._obstacles.in_the_way(start, plan, live)
        if len(found) > 1:
            raise SeveralObstacles.of(plan.name, found, f"/canary start {plan.name} {first_serving(plan)}")
        if found:
            raise found[0]
        overruled = await self._overruled(request, start, plan)
        await self._give_up(request, start, plan)
        return await self._create(request, start, plan, tree, overruled, live)

    async def obstacles(self, request: Request, start: Start) -> Sequence[Refusal]:
        """What a start would be refused for now."""
        plan, _ = self._plans.find(start.plan, start.environment)
        try:
            await self._rights.permit(request, _right(start), plan)
        except NotAllowed as refused:
            return [refused]
        return await self._obstacles.in_the_way(start, plan, await self._ledger.rollouts.live())

    async def changed(self, name: str, environment: str) -> Changed | None:
        """How the plan's file differs from what its last rollout ran."""
        plan, tree = self._plans.find(name, environment)
        return await changed(self._ledger, plan, tree)

    async def _overruled(self, request: Request, start: Start, plan: Plan) -> dict[str, str]:
        """The cooldown that is ended early, for the record; it needs its own role."""
        last = await self._obstacles.cooling(plan, self._ledger.clock())
        if last is None or start.how == "observe":
            return {}
        await self._rights.permit(request, "override", plan)
        return {"reason": start.override, "fix": start.fix, "rollout": last.id}

    async def _give_up(self, request: Request, start: Start, plan: Plan) -> None:
        """A person says that what an earlier rollout couldn't do or take back is seen to: Perch leaves it."""
        former = await self._obstacles.outstanding(plan) if start.how != "observe" else []
        if former:
            await self._rights.permit(request, "override", plan)
        for each in former:
            await self._ledger.change(
                each.id, lambda fresh, plan, now: acting.give_up(fresh, start.override, start.fix, request.actor)
            )

    async def _create(
        self,
        request: Request,
        start: Start,
        plan: Plan,
        tree: Mapping[str, Any],
        overruled: Mapping[str, str],
        live: Sequence[Rollout],
    ) -> Rollout:
        now = self._ledger.clock()
        rollout = Rollout(
            id=f"{plan.name}-{token_hex(3)}",
            plan=plan.name,
            plan_digest=digest(tree, plan.environment),
            service=plan.service,
            environment=plan.environment,
            mode="observe" if start.how == "observe" else "live",
            adopts=start.weight if start.how == "adopt" else None,
            version=start.version or (plan.version if isinstance(plan.version, str) else ""),
            requester=request.actor,
            watcher=await self._rights.person(start.watcher) if start.watcher else "",
            involved=(request.actor.id,),
            started_at=now,
            due_at=now,
            overrides=_overrides(request, start, overruled, now),
            perch=self._ledger.version,
        )
        differs = await changed(self._ledger, plan, tree)
        step = Step(rollout, (_started(rollout, start, overruled, differs),))
        brought = change(rollout, step, plan, now)
        messages = (first_status(rollout), *brought.messages)
        beside = frozenset(each.id for each in live)
        kept = Change(brought.evidence, messages, beside=beside, delivery=acting_for.get())
        saved = await self._ledger.rollouts.create(rollout, tree, kept)
        self._ledger.know(saved, plan)
        for tell in self._ledger.on_saved:
            tell(saved)
        return saved


def _right(start: Start) -> Right:
    """A takeover skips the gates before its stage, as `promote` skips a bake: it's the override role's."""
    return "override" if start.how == "adopt" else "operate"


def _overrides(request: Request, start: Start, overruled: Mapping[str, str], now: datetime) -> tuple[Override, ...]:
    """The cooldown that this start ended early, for the ledger of overrides (X9)."""
    if not overruled:
        return ()
    reason, fix, by = start.override, start.fix, request.actor.id
    return (Override(what="cooldown", by=by, at=now, stage=0, weight=0.0, reason=reason, fix=fix, used_at=now),)


def _started(rollout: Rollout, start: Start, overruled: Mapping[str, str], differs: Changed | None) -> Happening:
    facts = {
        "by": rollout.requester.id,
        "version": rollout.version,
        "weight": start.weight.percent if start.weight is not None else None,
        "plan_digest": rollout.plan_digest,
        "perch": rollout.perch,
        "environment": rollout.environment,
        "override": dict(overruled),
        "reason": start.reason,
        "watcher": rollout.watcher,
        "how": start.how,
        "changed": differs.model_dump(mode="json") if differs else None,
    }
    return Happening("started", facts, rollout.requester)
