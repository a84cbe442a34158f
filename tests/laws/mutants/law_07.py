"""Planted bugs of laws 6 and 7 that only show in some orders of two who meet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.domain import freezes, gates
from bot.domain.errors import GateClosed, Stale
from bot.domain.freezes import Freeze
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, Rollout
from bot.domain.steps import Step
from bot.engine import actions, gatekeeping, targets, works
from bot.engine.actions import FenceBroken, Mover
from bot.engine.deeds import Deeds
from bot.engine.ledger import Ledger
from tests.fakes.memory import MemoryRollouts

of = id
_fence, _save, _is_down = Mover._fence, MemoryRollouts.save, actions._is_down


# ---- the fence -------------------------------------------------------------------------------------------------------


def the_fence_is_looked_at_after_the_call_only(patch: pytest.MonkeyPatch) -> None:
    """It will be undone anyway."""
    seen: set[tuple[int, str]] = set()

    async def fence(self: Mover, id: str, intent: Intent) -> Rollout:
        if (known := (of(self), intent.id)) in seen:
            return await _fence(self, id, intent)
        seen.add(known)
        await self._freezes.open()
        return await self._ledger.rollouts.load(id)

    patch.setattr(Mover, "_fence", fence)


def the_fence_is_read_before_what_comes_first(patch: pytest.MonkeyPatch) -> None:
    """Read the rollout, then ask for the freezes: what changes meanwhile isn't seen."""

    async def fence(self: Mover, id: str, intent: Intent) -> Rollout:
        fresh = await self._ledger.rollouts.load(id)
        await self._freezes.open()
        if fresh.intent is None or fresh.intent.id != intent.id:
            raise FenceBroken(id)
        return fresh

    patch.setattr(Mover, "_fence", fence)


def freezes_are_read_at_the_start(patch: pytest.MonkeyPatch) -> None:
    """The fence knows of no freeze: whoever froze has held what would rise."""

    def covering(*rest: Any) -> Freeze | None:
        return None

    patch.setattr(freezes, "covering", covering)


def an_overtaken_call_is_dropped(patch: pytest.MonkeyPatch) -> None:
    """Its task is cancelled, so it didn't happen."""

    async def make(self: targets.Calls, call: Awaitable[None]) -> None:
        await call

    patch.setattr(targets.Calls, "make", make)


def a_raise_is_told_that_it_lost_and_leaves(patch: pytest.MonkeyPatch) -> None:
    """Somebody else goes down, and will bring it down."""

    async def nothing(self: Mover, *rest: Any) -> None: ...

    patch.setattr(Mover, "_undo", nothing)


def what_was_undone_is_not_told(patch: pytest.MonkeyPatch) -> None:
    """It's as it was; why trouble anybody."""

    async def record(self: Ledger, rollout: Rollout, *happenings: Any) -> Rollout:
        return rollout

    patch.setattr(Ledger, "record", record)


def a_way_down_that_was_overtaken_leaves(patch: pytest.MonkeyPatch) -> None:
    """Lower is lower."""

    def is_down(intent: Intent, *rest: Any) -> Callable[[Rollout, Plan, datetime], Step | None]:
        decide = _is_down(intent, *rest)

        def lenient(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            try:
                return decide(fresh, plan, now)
            except FenceBroken:
                return None

        return lenient

    patch.setattr(actions, "_is_down", is_down)


# ---- the record ------------------------------------------------------------------------------------------------------


def a_row_has_no_revision(patch: pytest.MonkeyPatch) -> None:
    """Check, then act: the last one to save wins."""

    async def save(self: MemoryRollouts, rollout: Rollout, change: Any) -> Rollout:
        return await _save(self, rollout.but(revision=self._rollout(rollout.id).revision), change)

    patch.setattr(MemoryRollouts, "save", save)


def a_stale_step_is_saved_again(patch: pytest.MonkeyPatch) -> None:
    """Somebody was faster: take his revision, and save what was decided before."""

    async def change(self: Ledger, id: str, decide: Callable[..., Step | None]) -> Rollout:
        rollout = await self.rollouts.load(id)
        plan = await self.plan_of(rollout)
        step = decide(rollout, plan, self.clock())
        while step is not None:
            try:
                return await self.keep(rollout, step, plan, self.clock())
            except Stale:
                fresh = await self.rollouts.load(id)
                step = Step(step.rollout.but(revision=fresh.revision), step.happenings)
        return rollout

    patch.setattr(Ledger, "change", change)


def an_older_deed_goes_on(patch: pytest.MonkeyPatch) -> None:
    """Nobody ends it when it's overtaken, and its fence is taken away: it finishes what it began."""

    def leave(self: works.Works, task: asyncio.Task[None]) -> None: ...

    async def fence(self: Mover, id: str, intent: Intent) -> Rollout:
        return await self._ledger.rollouts.load(id)

    patch.setattr(works.Works, "_overtake", leave)
    patch.setattr(Mover, "_fence", fence)


# ---- gates -----------------------------------------------------------------------------------------------------------


def any_open_gate_will_do(patch: pytest.MonkeyPatch) -> None:
    """A yes is a yes, whichever gate it was given to; late ones are nothing."""

    def open_gate(rollout: Rollout, plan: Plan, request: Any, now: datetime) -> Any:
        if rollout.gate is None:
            raise GateClosed(rollout.plan, "")
        return rollout.gate

    patch.setattr(gatekeeping, "_open_gate", open_gate)


def a_second_yes_is_silent(patch: pytest.MonkeyPatch) -> None:
    """It changes nothing, so there's nothing to say."""
    patch.setattr(gatekeeping, "_tell_again", lambda *rest: None)


def everybody_carries_it_out(patch: pytest.MonkeyPatch) -> None:
    """It's safe to repeat."""

    async def carry_out(self: Deeds, rollout: Rollout) -> None:
        await self._carry_out(rollout)

    patch.setattr(Deeds, "carry_out", carry_out)


def a_yes_is_taken_at_any_time(patch: pytest.MonkeyPatch) -> None:
    """The check will close a gate that has expired."""
    patch.setattr(gates, "has_expired", lambda *rest: False)


def an_old_verdict_is_a_verdict(patch: pytest.MonkeyPatch) -> None:
    """It was green, wasn't it."""
    patch.setattr(gates, "FRESH", 1000)


PLANTED: Sequence[tuple[str, Callable[[pytest.MonkeyPatch], None]]] = (
    ("rollback against a raise, 2 processes", the_fence_is_looked_at_after_the_call_only),
    ("rollback against a raise, 2 processes", the_fence_is_read_before_what_comes_first),
    ("freeze against a raise", freezes_are_read_at_the_start),
    ("rollback against a raise", an_overtaken_call_is_dropped),
    ("rollback against a raise", a_raise_is_told_that_it_lost_and_leaves),
    ("rollback against a raise, 2 processes", a_raise_is_told_that_it_lost_and_leaves),
    ("rollback against a raise", what_was_undone_is_not_told),
    ("rollback while a hold goes back, 2 processes", a_way_down_that_was_overtaken_leaves),
    ("rollback against promote", a_row_has_no_revision),
    ("kill against promote, 2 processes", a_row_has_no_revision),
    ("two approvers, two needed", a_row_has_no_revision),
    ("hold against approve", a_stale_step_is_saved_again),
    ("kill against a start's yes, 2 processes", a_row_has_no_revision),
    ("two approvers, one needed", a_stale_step_is_saved_again),
    ("rollback against a raise", an_older_deed_goes_on),
    ("two approvers, one needed", any_open_gate_will_do),
    ("click and reaction", a_second_yes_is_silent),
    ("both carry it out, 2 processes", everybody_carries_it_out),
    ("a gate expires", a_yes_is_taken_at_any_time),
    ("a verdict grows old", an_old_verdict_is_a_verdict),
)
