"""Carry out one intent: fence, act, confirm, record. The only room that ever raises a weight.

A raise is fenced with its intent's id, right before each outside call and again after: an act downward replaces the
intent, so a raise that lost the race doesn't begin, and one that lands late is undone and told (law 7). A call that is
out is heard to its end even by a raise that was overtaken or has given up: else nobody would see it land.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

from bot.domain import acting, freezes, gates, moves, rollbacks
from bot.domain.freezes import Freeze
from bot.domain.machine import State
from bot.domain.moves import a_hold
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, Rollout, Way
from bot.domain.steps import Happening, Step
from bot.domain.units import ZERO, spell_duration
from bot.engine.cards import kill_card
from bot.engine.confirm import Look, confirmed, down_to, mirrored
from bot.engine.equipment import Equipment, Gear
from bot.engine.ledger import Ledger, new_id
from bot.engine.outcomes import applied_facts, still_on_words
from bot.engine.targets import (
    AGAIN,
    CALL_S,
    Calls,
    ask,
    bring_down,
    highest,
    lowered,
    shown,
    standing,
    weights,
)
from bot.ports import Denied, Freezes, KillFiles, OutsideFault, Spooled

log = logging.getLogger(__name__)


Members = Callable[[Plan], Awaitable[tuple[str, ...]]]
"""The user ids that may stop a plan's rollouts, for the kill card."""


OVERTAKEN = "overtaken"
"""Said to a deed that a newer intent ends; any other end is Perch's own, and then nothing is waited for."""


class FenceBroken(Exception):
    """The intent is no longer the rollout's own: somebody went down, held, or killed."""


class NotYet(Exception):
    """The raise waits for a check to pass; each look begins it again."""


class FrozenOver(Exception):
    """A freeze came before the raise, or in the middle of it."""

    def __init__(self, freeze: Freeze) -> None:
        super().__init__(freeze.id)
        self.freeze = freeze


class Mover:
    """Carries out intents. One at a time per rollout is the caller's duty; repeating one is safe."""

    def __init__(
        self,
        ledger: Ledger,
        equipment: Equipment,
        files: KillFiles,
        freezes: Freezes,
        look: Look,
        members: Members,
    ) -> None:
        self._ledger = ledger
        self._equipment = equipment
        self._files = files
        self._freezes = freezes
        self._look = look
        self._members = members

    async def carry_out(self, rollout: Rollout) -> None:
        """Do what the rollout's intent says, and commit the outcome. Without an intent there's nothing to do."""
        intent = rollout.intent
        if rollout.mode == "observe":
            if intent is not None:
                log.error("rollout %s is only observed and has an intent: nothing is done of it", rollout.id)
            return
        if intent is None or rollout.state in (State.KILLING, State.KILLED):
            return
        plan = await self._ledger.plan_of(rollout)
        gear, out = self._equipment.gear(plan), Calls()
        move = self._raise if intent.way is Way.RAISE else self._lower
        try:
            await move(rollout, intent, plan, gear, out)
            if out.open:
                await self._see_land(rollout.id, intent, gear, out)
        except asyncio.CancelledError as ended:
            if OVERTAKEN not in ended.args or not out.open:
                raise
            _go_on()
            await self._see_land(rollout.id, intent, gear, out)

    async def _see_land(self, id: str, intent: Intent, gear: Gear, out: Calls) -> None:
        """Hear what came of the calls of a deed that was overtaken, or has given up."""
        await asyncio.wait(out.open, timeout=CALL_S)
        await self._undo(id, intent, gear)

    # ---- up -----------------------------------------------------------------------------------------------------

    async def _raise(self, rollout: Rollout, intent: Intent, plan: Plan, gear: Gear, out: Calls) -> None:
        """Up, or back to the weight before; not before what the plan wants done first is done (R20)."""
        if acting.unready(rollout):
            return
        within = plan.confirm.within
        try:
            await self._keep_card(rollout, plan)
            before, applied_at = await shown((*gear.traffic, *gear.mirrors)), self._ledger.clock()
            async with asyncio.timeout(within.total_seconds()):
                for number, each in enumerate(gear.traffic):
                    fresh = await self._fence(rollout.id, intent)
                    if number == 0:
                        self._passed_lately(fresh, plan)
                    await ask(each, intent.weight, out)
                applied_at = self._ledger.clock()
                await self._fence(rollout.id, intent)
                after = await confirmed(gear, plan, intent.weight, self._look)
                after += await self._mirror(rollout.id, intent, gear, out)
            targets = (*gear.traffic, *gear.mirrors)
            proof = applied_facts(intent, targets, before, after, applied_at, self._ledger.clock())
            await self._arrive(rollout.id, intent, proof)
            return
        except FenceBroken:
            await self._undo(rollout.id, intent, gear)
            return
        except NotYet:
            log.info("rollout %s: the raise to %s waits for a check to pass", rollout.id, intent.weight)
            return
        except FrozenOver as frozen:
            turning_back = self._stop_for(rollout.id, intent, frozen.freeze)
        except TimeoutError:
            fault = f"{intent.weight} didn't show within {spell_duration(within)}"
            turning_back = self._give_up(rollout.id, intent, fault, gear)
        except OutsideFault as outside:
            turning_back = self._give_up(rollout.id, intent, str(outside), gear)
        try:
            await turning_back
        except FenceBroken:
            # Its call may have gone out all the same: from a process that was paused in the middle of it, for one.
            await self._undo(rollout.id, intent, gear)

    async def _mirror(self, id: str, intent: Intent, gear: Gear, out: Calls) -> tuple[str, ...]:
        """The stage's mirror, once its weight stands: fenced like a raise, and read back. It may also end here."""
        for each in gear.mirrors:
            await self._fence(id, intent)
            await out.make(each.apply(intent.mirror))
        if gear.mirrors:
            await self._fence(id, intent)
        return await mirrored(gear.mirrors, intent.mirror)

    def _passed_lately(self, rollout: Rollout, plan: Plan) -> None:
        """Raises Denied, or NotYet as long as data may be away: after a start some sources need a few looks."""
        now, intent = self._ledger.clock(), rollout.intent
        if gates.may_still_begin(rollout, plan, now):
            return
        if intent is not None and abs(now - intent.made_at) <= plan.no_data.after:
            raise NotYet(rollout.id)
        raise Denied("it was approved too long ago, and no check has passed since")

    async def fence(self, id: str, intent: Intent) -> Rollout:
        """Whether what goes with a raise may go on: the rollout. Raises FenceBroken, FrozenOver or Denied."""
        return await self._fence(id, intent)

    async def _fence(self, id: str, intent: Intent) -> Rollout:
        hidden, spooled = await asyncio.to_thread(_spool, self._files)
        if hidden:
            raise Denied(f"a kill may be hidden in {hidden[0].name}, which can't be read; mend or remove that file")
        standing = await self._freezes.open()
        # Last of all, for what most downward acts change: nothing is waited for between this and the outside call.
        fresh = await self._ledger.rollouts.load(id)
        down = any(act.plan == fresh.plan and act.environment == fresh.environment for act in spooled)
        if down:
            raise FenceBroken(id)
        _still(intent, fresh)
        freeze = freezes.covering(standing, fresh.service, fresh.plan, self._ledger.clock())
        if freeze is not None:
            raise FrozenOver(freeze)
        return fresh

    async def _arrive(self, id: str, intent: Intent, proof: Happening) -> None:
        def arrive(fresh: Rollout, plan: Plan, now: datetime) -> Step:
            _still(intent, fresh)
            return moves.arrive(fresh, now).also(proof)

        await self._ledger.change(id, arrive)

    async def _give_up(self, id: str, intent: Intent, fault: str, gear: Gear) -> None:
        stands = await standing(gear.traffic)
        real = min(weights(stands), default=None)

        def retreat(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            _still(intent, fresh)
            why = f"{intent.weight} was not confirmed: {fault}"
            kept = a_hold(why, fresh.watched_by, now, "unconfirmed")
            facts = {
                "wanted": intent.weight.percent,
                "real": real.percent if real else None,
                "within_s": plan.confirm.within.total_seconds(),
                "fault": fault,
                "targets": [each.facts for each in stands],
            }
            return moves.retreat(fresh, now, new_id(), kept).also(Happening("unconfirmed", facts))

        await self._ledger.change(id, retreat)

    async def _stop_for(self, id: str, intent: Intent, freeze: Freeze) -> None:
        """Back to the weight before, and held by the freeze; lowering is on record as an intent of its own."""

        def stop(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            _still(intent, fresh)
            return freezes.under(fresh, plan, [freeze], now, new_id())

        await self._ledger.change(id, stop)

    async def _undo(self, id: str, intent: Intent, gear: Gear) -> None:
        """What was overtaken may have landed: back to what the rollout wants now, and told.

        The weight and the mirror side by side: what can't be brought down of the one mustn't keep the other up.
        """
        fresh = await self._ledger.rollouts.load(id)
        both = self._weight_off(fresh, intent, gear), _mirror_off(fresh, intent, gear)
        for broke in await asyncio.gather(*both, return_exceptions=True):
            if broke is not None:
                raise broke

    async def _weight_off(self, fresh: Rollout, intent: Intent, gear: Gear) -> None:
        """A raise hasn't landed where nothing stands above the weight before it; who overtook it brings that down."""
        wanted = ZERO if fresh.state in (State.KILLING, State.KILLED) else min(fresh.target, fresh.approved)
        real = await highest(gear.traffic)
        if real is None or real <= max(wanted, intent.before if intent.way is Way.RAISE else ZERO):
            return
        shows = await bring_down(gear.traffic, wanted)
        log.warning("rollout %s: a change to %s was overtaken; %s is back at %s", fresh.id, intent.weight, real, shows)
        if intent.way is Way.RAISE:
            facts = {"weight": intent.weight.percent, "landed": real.percent, "real": shows.percent}
            await self._ledger.record(fresh, Happening("late_raise", {**facts, "to": wanted.percent}))

    async def _keep_card(self, rollout: Rollout, plan: Plan) -> None:
        tree = await self._ledger.rollouts.tree(rollout.plan_digest)
        card = kill_card(rollout, plan, dict(tree), await self._members(plan))
        await asyncio.to_thread(self._files.keep_card, card)

    # ---- down ---------------------------------------------------------------------------------------------------

    async def _lower(self, rollout: Rollout, intent: Intent, plan: Plan, gear: Gear, out: Calls) -> None:
        within_s = max(CALL_S, plan.confirm.within.total_seconds())
        # A mirror that hangs holds up no weight, not even by a look at it.
        applied, copies = await asyncio.gather(
            lowered(gear.traffic, intent.weight, out, within_s), lowered(gear.mirrors, intent.mirror, out, within_s)
        )
        applied_at = self._ledger.clock()
        fault = "; ".join((*applied.faults, *copies.faults))
        if not fault:
            try:
                async with asyncio.timeout(plan.confirm.within.total_seconds()):
                    await asyncio.gather(
                        down_to(gear, plan, intent.weight, self._look),
                        mirrored(gear.mirrors, intent.mirror, or_less=True),
                    )
            except (TimeoutError, OutsideFault) as late:
                fault = str(late) or f"{intent.weight} didn't show within {spell_duration(plan.confirm.within)}"
        targets = (*gear.traffic, *gear.mirrors)
        still_on = still_on_words(await standing(targets)) if fault else ""
        before, after = (*applied.before, *copies.before), (*applied.shown, *copies.shown)
        proof = applied_facts(intent, targets, before, after, applied_at, self._ledger.clock())
        outcome = _not_down(intent, fault, still_on) if fault else _is_down(intent, proof)
        try:
            await self._ledger.change(rollout.id, outcome)
        except FenceBroken:
            # Another process goes further down: a weight that was to be lower than before may now be too high.
            await self._undo(rollout.id, intent, gear)


async def _mirror_off(fresh: Rollout, intent: Intent, gear: Gear) -> None:
    """Where an overtaken deed may have mirrored more than is wanted now."""
    wanted = ZERO if fresh.state in (State.KILLING, State.KILLED) else fresh.mirror
    real = await highest(gear.mirrors)
    if real is not None and real > max(wanted, intent.mirror_before if intent.way is Way.RAISE else ZERO):
        await bring_down(gear.mirrors, wanted)
        log.warning("rollout %s: a mirror of %s was overtaken; it is back at %s", fresh.id, real, wanted)


def _still(intent: Intent, fresh: Rollout) -> Intent:
    """The intent as it stands now. Raises FenceBroken unless it is the rollout's own still."""
    if fresh.intent is None or fresh.intent.id != intent.id:
        raise FenceBroken(fresh.id)
    return fresh.intent


def _is_down(intent: Intent, proof: Happening) -> Callable[[Rollout, Plan, datetime], Step | None]:
    def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
        _still(intent, fresh)
        if fresh.state is State.HELD:
            kept = fresh.but(intent=None, confirmed=intent.weight, seen_weight=intent.weight)
            return Step(kept, (proof, Happening("lowered", {"to": intent.weight.percent})))
        return rollbacks.came_down(fresh, plan, now).also(proof)

    return decide


def _not_down(intent: Intent, fault: str, still_on: str) -> Callable[[Rollout, Plan, datetime], Step | None]:
    def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
        own = _still(intent, fresh)
        tried = fresh.but(intent=own.model_copy(update={"attempts": own.attempts + 1}))
        if fresh.state is State.HELD:
            facts = {"what": f"set the weight to {intent.weight}", "fault": fault, "still_on": still_on}
            told = (Happening("stuck", facts),) if own.attempts == 0 else ()
            return Step(tried.but(due_at=now + AGAIN), told)
        return rollbacks.not_coming_down(tried, now, fault, still_on, AGAIN)

    return decide


def _spool(files: KillFiles) -> tuple[Sequence[Path], Sequence[Spooled]]:
    return files.unreadable(), files.spooled()


def _go_on() -> None:
    """A task that was cancelled goes on; without this, a timeout further on would be taken for that same end."""
    if task := asyncio.current_task():
        task.uncancel()
