"""Put back what a kill engaged. That's a way up, so it's fenced like one: looked at right before the calls, and after.

A call may land late (a far side that is slow, a process that was paused). Where a kill stands by then, that one's
methods are engaged again, and it's told (law 7: down beats up, whichever came first).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from bot.domain import kills
from bot.domain.errors import NotNow
from bot.domain.evidence import Entry
from bot.domain.machine import State
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import Person, Rollout
from bot.domain.steps import Happening, Step
from bot.engine.equipment import Equipment, Method
from bot.engine.kill import KillSwitch
from bot.engine.ledger import Ledger
from bot.ports import OutsideFault

log = logging.getLogger(__name__)

RESTORE_S = 30.0
FAR_BACK = 10
"""Of so many rollouts of a plan the newest kill is looked for."""


class Rearming:
    """For a plan that was killed."""

    def __init__(self, ledger: Ledger, switch: KillSwitch, equipment: Equipment) -> None:
        self._ledger = ledger
        self._switch = switch
        self._equipment = equipment

    async def rearm(self, rollout: Rollout, plan: Plan, by: Person) -> Rollout:
        """The former values stand, and the plan may start. Raises NotNow where that can't be, with what to do."""
        await self._require_killed(rollout)
        facts = {"by": by.id, "former": rollout.former}
        await self._ledger.rollouts.note(rollout.id, [Entry("rearming", self._ledger.clock(), by.id, facts)])
        # Again, with nothing but the calls after it: whoever was slow or asleep since may have been overtaken.
        await self._require_killed(await self._ledger.rollouts.load(rollout.id))
        try:
            restored, unknown = await self._restore(rollout, plan)
        finally:
            overtaken = await self._overtaken(rollout)
            if overtaken:
                await self._engage_again(rollout, by)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            mine = not overtaken and _killed(fresh) and _same_kill(fresh, rollout)
            return kills.rearm(fresh, now, by, restored, unknown) if mine else None

        return await self._ledger.change(rollout.id, decide)

    async def _require_killed(self, rollout: Rollout) -> None:
        if not _killed(rollout):
            raise NotNow(
                Phrase("The kill switch of {plan} isn't engaged.", plan=rollout.plan), f"/canary status {rollout.plan}"
            )
        if await self._switch.under_way(rollout):
            raise NotNow(
                Phrase("A kill of {plan} is still being put on record; nothing was put back.", plan=rollout.plan),
                f"/canary rearm {rollout.plan}",
            )

    async def _overtaken(self, rollout: Rollout) -> bool:
        """Whether it isn't this kill any more: rearmed, killed anew, or a kill in the spool that no record has yet."""
        fresh = await self._ledger.rollouts.load(rollout.id)
        return not _killed(fresh) or not _same_kill(fresh, rollout) or await self._switch.under_way(rollout)

    async def _restore(self, rollout: Rollout, plan: Plan) -> tuple[list[str], list[str]]:
        """(what was put back, what nobody wrote down). Every method is tried. Raises NotNow with all that failed."""
        methods = self._engaged(rollout, plan)
        known = {method.name: former for method in methods if (former := rollout.former.get(method.name)) is not None}
        faults = await asyncio.gather(
            *(_put_back(method, known[method.name]) for method in methods if method.name in known)
        )
        if any(faults):
            raise NotNow(
                Phrase(
                    "Not everything could be put back: {faults}. {plan} stays killed.",
                    faults="; ".join(filter(None, faults)),
                    plan=rollout.plan,
                ),
                Phrase("mend it, then: /canary rearm {plan}", plan=rollout.plan),
            )
        return list(known), [method.name for method in methods if method.name not in known]

    async def _engage_again(self, overtaken: Rollout, by: Person) -> None:
        """What this call put back belongs to a newer kill by now, where there is one."""
        mine = await self._ledger.rollouts.latest(overtaken.plan, FAR_BACK, overtaken.environment)
        newer = next((each for each in mine if each.kill is not None and each.rearmed_at is None), None)
        if newer is None:
            return
        methods = self._engaged(newer, await self._ledger.plan_of(newer))
        outcomes = await asyncio.gather(*(self._switch.engage(method) for method in methods))
        faults = [f"{outcome.name}: {outcome.fault}" for outcome in outcomes if outcome.fault]
        log.warning("a rearm of %s was overtaken by the kill of %s; engaged again", overtaken.id, newer.id)
        facts = {"by": by.id, "engaged": [each.name for each in outcomes if not each.fault], "still_on": faults}
        await self._ledger.record(newer, Happening("late_rearm", facts))

    def _engaged(self, rollout: Rollout, plan: Plan) -> Sequence[Method]:
        engaged = kills.engaged_methods(rollout.kill)
        return [method for method in self._equipment.gear(plan).methods if method.name in engaged]


def _killed(rollout: Rollout) -> bool:
    return rollout.state is State.KILLED and rollout.rearmed_at is None


def _same_kill(one: Rollout, other: Rollout) -> bool:
    return one.kill is not None and other.kill is not None and one.kill.asked_at == other.kill.asked_at


async def _put_back(method: Method, former: str) -> str:
    """Why a method's former value couldn't be put back, or ""."""
    try:
        async with asyncio.timeout(RESTORE_S):
            await method.act.restore(former)
    except (OutsideFault, TimeoutError) as fault:
        return f"{method.name}: {fault or f'no answer in {RESTORE_S:g} s'}"
    return ""
