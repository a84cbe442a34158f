"""Put back what a kill engaged. That's a way up, so it's fenced like one: looked at right before the calls, and after.

A call may land late (a far side that is slow, a process that was paused). Where a kill stands by then, that one's
methods are engaged again, and it's told (law 7: down beats up, whichever came first).

A switch may be shared: what other killed rollouts hold off as well is put back only for all of them together.
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
from bot.engine.shared_switches import Holder, SharedSwitches, Together, refusal
from bot.ports import OutsideFault

log = logging.getLogger(__name__)

RESTORE_S = 30.0


class Rearming:
    """For plans that were killed."""

    def __init__(self, ledger: Ledger, switch: KillSwitch, equipment: Equipment) -> None:
        self._ledger = ledger
        self._switch = switch
        self._equipment = equipment
        self._shared = SharedSwitches(ledger, switch, equipment)

    async def rearm(self, asked: Sequence[tuple[Rollout, Plan]], by: Person) -> Sequence[Rollout]:
        """The former values stand, and these may start. Raises NotNow where that can't be, with what to do.

        All are looked at before the first one is touched. What was killed first is put back last: what a later kill
        found where both switch the same may be the earlier one's doing.
        """
        together = {rollout.id: rollout.kill.asked_at for rollout, _ in asked if rollout.kill is not None}
        for rollout, plan in asked:
            await self._require_killed(rollout)
            await self._require_alone(rollout, plan, together)
        latest_first = sorted(asked, key=lambda each: together[each[0].id], reverse=True)
        return [await self._rearm(rollout, plan, by, together) for rollout, plan in latest_first]

    async def _rearm(self, rollout: Rollout, plan: Plan, by: Person, together: Together) -> Rollout:
        facts = {"by": by.id, "former": rollout.former}
        await self._ledger.rollouts.note(rollout.id, [Entry("rearming", self._ledger.clock(), by.id, facts)])
        # Again, with nothing but the calls after it: whoever was slow or asleep since may have been overtaken.
        await self._require_killed(await self._ledger.rollouts.load(rollout.id))
        await self._require_alone(rollout, plan, together)
        try:
            restored, unknown = await self._restore(rollout, plan)
        finally:
            overtaken = await self._overtaken(rollout)
            others = await self._engage_again(rollout, plan, by, together)
        if others and not overtaken:
            raise refusal(rollout, others, together)

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

    async def _require_alone(self, rollout: Rollout, plan: Plan, together: Together) -> None:
        """Nothing that it would put back is held off by a kill that nobody asked to take back."""
        if holders := await self._shared.holders(self._engaged(rollout, plan), together):
            raise refusal(rollout, holders, together)

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

    async def _engage_again(self, rollout: Rollout, plan: Plan, by: Person, together: Together) -> Sequence[Holder]:
        """What this rearm put back belongs to other kills by now, where there are any: of others, or a newer one."""
        holders = await self._shared.holders(self._engaged(rollout, plan), together)
        outcomes = await asyncio.gather(*(self._switch.engage(each.method) for each in holders))
        engaged = list(zip(holders, outcomes, strict=True))
        for other in {each.rollout.id: each.rollout for each in holders}.values():
            mine = [outcome for holder, outcome in engaged if holder.rollout.id == other.id]
            faults = [f"{outcome.name}: {outcome.fault}" for outcome in mine if outcome.fault]
            log.warning("a rearm of %s met the kill of %s; engaged again", rollout.id, other.id)
            facts = {"by": by.id, "engaged": [each.name for each in mine if not each.fault], "still_on": faults}
            await self._ledger.record(other, Happening("late_rearm", facts))
        return holders

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
