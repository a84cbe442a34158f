"""Start a rollout: everything that must be true before preflight may even begin."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from bot.domain.errors import (
    AlreadyLive,
    Cooldown,
    KillEngaged,
    NotNow,
    OutsideWindow,
    TargetTaken,
    Unsupported,
    WrongStage,
)
from bot.domain.freezes import covering, refused
from bot.domain.gates import start_opens
from bot.domain.machine import State
from bot.domain.moves import Happening, Step
from bot.domain.plan import Plan
from bot.domain.planning.reading import digest
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight, spell_duration
from bot.engine.acting import acting_for
from bot.engine.equipment import Equipment
from bot.engine.ledger import Ledger
from bot.engine.requests import Request
from bot.engine.rights import Rights
from bot.engine.telling import change, first_status
from bot.engine.unbuilt import Unbuilt
from bot.ports import Change, Freezes, KillFiles, Plans


class Starting:
    """Checks a start, and creates the rollout in preflight. Raises a Refusal; nothing has changed then."""

    def __init__(
        self,
        ledger: Ledger,
        plans: Plans,
        rights: Rights,
        equipment: Equipment,
        files: KillFiles,
        freezes: Freezes,
    ) -> None:
        self._ledger = ledger
        self._plans = plans
        self._rights = rights
        self._equipment = equipment
        self._files = files
        self._freezes = freezes

    async def start(
        self,
        request: Request,
        name: str,
        weight: Weight,
        *,
        version: str,
        environment: str,
        override: str,
        fix: str,
        observe: bool,
    ) -> Rollout:
        plan, tree = self._plans.find(name, environment)
        await self._rights.permit(request, "operate", plan)
        lacking = self._plans.unsupported(name, environment)
        if lacking:
            raise Unsupported(name, "; ".join(lacking))
        now = self._ledger.clock()
        if observe:
            raise NotNow("Observe-only rollouts are not in this version; nothing was started.", f"/canary start {name}")
        _right_stage(plan, weight)
        _in_window(plan, now)
        await self._nothing_in_the_way(plan, now)
        overruled = await self._cooldown(request, plan, now, override, fix)
        return await self._create(request, plan, tree, weight, version, overruled)

    async def _create(
        self,
        request: Request,
        plan: Plan,
        tree: Mapping[str, Any],
        weight: Weight,
        version: str,
        overruled: Mapping[str, str],
    ) -> Rollout:
        now = self._ledger.clock()
        rollout = Rollout(
            id=f"{plan.name}-{token_hex(3)}",
            plan=plan.name,
            plan_digest=digest(tree, plan.environment),
            service=plan.service,
            environment=plan.environment,
            version=version or (plan.version if isinstance(plan.version, str) else ""),
            requester=request.actor,
            involved=(request.actor.id,),
            started_at=now,
            due_at=now,
        )
        facts = {
            "by": request.actor.id,
            "version": rollout.version,
            "weight": weight.percent,
            "plan_digest": rollout.plan_digest,
            "environment": plan.environment,
            "override": dict(overruled),
        }
        step = Step(rollout, (Happening("started", facts, request.actor),))
        brought = change(rollout, step, plan, now)
        messages = (first_status(rollout), *brought.messages)
        kept = Change(brought.evidence, messages, delivery=acting_for.get())
        saved = await self._ledger.rollouts.create(rollout, tree, kept)
        self._ledger.know(saved, plan)
        for tell in self._ledger.on_saved:
            tell(saved)
        return saved

    async def _nothing_in_the_way(self, plan: Plan, now: datetime) -> None:
        freeze = covering(await self._freezes.open(), plan.service, plan.name, now)
        if freeze is not None:
            raise refused(freeze.mark)
        live = await self._ledger.rollouts.live()
        for other in live:
            if (other.plan, other.environment) == (plan.name, plan.environment):
                raise AlreadyLive(plan.name, plan.environment, other.state.value)
        for act in await asyncio.to_thread(self._files.spooled):
            if (act.plan, act.environment) == (plan.name, plan.environment):
                raise KillEngaged(plan.name)
        await self._targets_free(plan, live)

    async def _targets_free(self, plan: Plan, live: Sequence[Rollout]) -> None:
        wanted = {each.target for each in self._equipment.gear(plan).traffic if not isinstance(each, Unbuilt)}
        for other in live:
            taken = {each.target for each in self._equipment.gear(await self._ledger.plan_of(other)).traffic}
            if wanted & taken:
                raise TargetTaken(sorted(wanted & taken)[0], other.plan)

    async def _cooldown(self, request: Request, plan: Plan, now: datetime, override: str, fix: str) -> dict[str, str]:
        """Returns what was overruled, for the record."""
        latest = await self._ledger.rollouts.latest(plan.name, limit=20)
        former = [rollout for rollout in latest if rollout.environment == plan.environment]
        if any(each.state is State.KILLED and each.rearmed_at is None for each in former):
            raise KillEngaged(plan.name)
        for last in former:
            if last.cooldown_until is None or last.cooldown_until <= now:
                return {}
            if not (override and fix):
                left = spell_duration(last.cooldown_until - now)
                raise Cooldown(plan.name, str(first_serving(plan)), f"{last.cooldown_until:%Y-%m-%d %H:%M} UTC", left)
            await self._rights.permit(request, "override", plan)
            return {"reason": override, "fix": fix, "rollout": last.id}
        return {}


def first_serving(plan: Plan) -> Weight:
    """The weight of the first stage that serves anybody."""
    return next((stage.weight for stage in plan.stages if stage.weight > ZERO), plan.stages[0].weight)


def _right_stage(plan: Plan, weight: Weight) -> None:
    first = first_serving(plan)
    if weight != first:
        raise WrongStage(plan.name, str(weight), str(first))


def _in_window(plan: Plan, now: datetime) -> None:
    opens = start_opens(plan, now)
    if opens is not None:
        raise OutsideWindow(plan.name, f"{opens:%a %Y-%m-%d %H:%M %Z}")
