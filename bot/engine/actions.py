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

from bot.domain import freezes, gates, moves
from bot.domain.freezes import Freeze
from bot.domain.machine import State
from bot.domain.moves import Happening, Step, a_hold
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, Rollout, Way
from bot.domain.units import ZERO, spell_duration
from bot.engine.cards import kill_card
from bot.engine.confirm import Look, confirmed, down_to
from bot.engine.equipment import Equipment, Gear
from bot.engine.ledger import Ledger, new_id
from bot.engine.targets import AGAIN, CALL_S, Calls, apply_all, bring_down, highest, lowest_known, shown
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
        """Up, or back to the weight before."""
        within = plan.confirm.within
        try:
            await self._keep_card(rollout, plan)
            before = await shown(gear.traffic)
            async with asyncio.timeout(within.total_seconds()):
                for number, each in enumerate(gear.traffic):
                    fresh = await self._fence(rollout.id, intent)
                    if number == 0:
                        self._passed_lately(fresh, plan)
                    await out.make(each.apply(intent.weight))
                await self._fence(rollout.id, intent)
                after = await confirmed(gear, plan, intent.weight, self._look)
            await self._arrive(rollout.id, intent, before, after)
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

    def _passed_lately(self, rollout: Rollout, plan: Plan) -> None:
        """Raises Denied, or NotYet as long as data may be away: after a start some sources need a few looks."""
        now, intent = self._ledger.clock(), rollout.intent
        if gates.may_still_begin(rollout, plan, now):
            return
        if intent is not None and now - intent.made_at <= plan.no_data.after:
            raise NotYet(rollout.id)
        raise Denied("it was approved too long ago, and no check has passed since")

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

    async def _arrive(self, id: str, intent: Intent, before: Sequence[str], after: Sequence[str]) -> None:
        def arrive(fresh: Rollout, plan: Plan, now: datetime) -> Step:
            _still(intent, fresh)
            return moves.arrive(fresh, now).also(_applied(intent, before, after, now))

        await self._ledger.change(id, arrive)

    async def _give_up(self, id: str, intent: Intent, fault: str, gear: Gear) -> None:
        real = await lowest_known(gear.traffic)

        def retreat(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            _still(intent, fresh)
            why = f"{intent.weight} was not confirmed: {fault}"
            kept = a_hold(why, fresh.requester.id, now, "unconfirmed")
            facts = {
                "wanted": intent.weight.percent,
                "real": real.percent if real else None,
                "within_s": plan.confirm.within.total_seconds(),
                "fault": fault,
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

        A raise hasn't landed where nothing stands above the weight before it; whoever overtook it brings that down.
        """
        fresh = await self._ledger.rollouts.load(id)
        wanted = ZERO if fresh.state in (State.KILLING, State.KILLED) else min(fresh.target, fresh.approved)
        real = await highest(gear.traffic)
        if real is None or real <= max(wanted, intent.before if intent.way is Way.RAISE else ZERO):
            return
        shows = await bring_down(gear.traffic, wanted)
        log.warning("rollout %s: a change to %s was overtaken; %s is back at %s", id, intent.weight, real, shows)
        if intent.way is Way.RAISE:
            facts = {"weight": intent.weight.percent, "landed": real.percent, "real": shows.percent}
            await self._ledger.record(fresh, Happening("late_raise", {**facts, "to": wanted.percent}))

    async def _keep_card(self, rollout: Rollout, plan: Plan) -> None:
        tree = await self._ledger.rollouts.tree(rollout.plan_digest)
        card = kill_card(rollout, plan, dict(tree), await self._members(plan))
        await asyncio.to_thread(self._files.keep_card, card)

    # ---- down ---------------------------------------------------------------------------------------------------

    async def _lower(self, rollout: Rollout, intent: Intent, plan: Plan, gear: Gear, out: Calls) -> None:
        before = await shown(gear.traffic)
        within_s = max(CALL_S, plan.confirm.within.total_seconds())
        applied = await apply_all(gear.traffic, intent.weight, out, within_s)
        fault = "; ".join(applied.faults)
        if not fault:
            try:
                async with asyncio.timeout(plan.confirm.within.total_seconds()):
                    await down_to(gear, plan, intent.weight, self._look)
            except (TimeoutError, OutsideFault) as late:
                fault = str(late) or f"{intent.weight} didn't show within {spell_duration(plan.confirm.within)}"
        real = await highest(gear.traffic) if fault else None
        still_on = str(real) if real is not None else "unknown"
        outcome = _not_down(intent, fault, still_on) if fault else _is_down(intent, before, applied.shown)
        try:
            await self._ledger.change(rollout.id, outcome)
        except FenceBroken:
            # Another process goes further down: a weight that was to be lower than before may now be too high.
            await self._undo(rollout.id, intent, gear)


def _still(intent: Intent, fresh: Rollout) -> Intent:
    """The intent as it stands now. Raises FenceBroken unless it is the rollout's own still."""
    if fresh.intent is None or fresh.intent.id != intent.id:
        raise FenceBroken(fresh.id)
    return fresh.intent


def _is_down(
    intent: Intent, before: Sequence[str], after: Sequence[str]
) -> Callable[[Rollout, Plan, datetime], Step | None]:
    def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
        _still(intent, fresh)
        proof = _applied(intent, before, after, now)
        if fresh.state is State.HELD:
            kept = fresh.but(intent=None, confirmed=intent.weight, seen_weight=intent.weight)
            return Step(kept, (proof, Happening("lowered", {"to": intent.weight.percent})))
        return moves.came_down(fresh, plan, now).also(proof)

    return decide


def _not_down(intent: Intent, fault: str, still_on: str) -> Callable[[Rollout, Plan, datetime], Step | None]:
    def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
        own = _still(intent, fresh)
        tried = fresh.but(intent=own.model_copy(update={"attempts": own.attempts + 1}))
        if fresh.state is State.HELD:
            facts = {"what": f"set the weight to {intent.weight}", "fault": fault, "still_on": still_on}
            told = (Happening("stuck", facts),) if own.attempts == 0 else ()
            return Step(tried.but(due_at=now + AGAIN), told)
        return moves.not_coming_down(tried, now, fault, still_on, AGAIN)

    return decide


def _applied(intent: Intent, before: Sequence[str], after: Sequence[str], now: datetime) -> Happening:
    facts = {
        "intent": intent.id,
        "weight": intent.weight.percent,
        "before": list(before),
        "after": list(after),
        "applied_at": now.isoformat(),
    }
    return Happening("applied", facts)


def _spool(files: KillFiles) -> tuple[Sequence[Path], Sequence[Spooled]]:
    return files.unreadable(), files.spooled()


def _go_on() -> None:
    """A task that was cancelled goes on; without this, a timeout further on would be taken for that same end."""
    if task := asyncio.current_task():
        task.uncancel()
