"""Planted bugs of law 2: a way down that waits for something, says what isn't so, or leaves a way up open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.domain import gates, kills, rehearsals
from bot.domain.plan import Plan
from bot.domain.rollout import Kill, MethodOutcome, Rollout
from bot.domain.steps import Step
from bot.domain.units import ZERO
from bot.engine import actions, kill, kill_watch, methods, obstacles, pursuit, rearming, rehearsal, stopping, tick
from bot.engine.equipment import Gear, Method
from bot.engine.requests import KillAsked
from bot.ports import Card, Spooled
from storage.spool import KillFolder

_timed, _pull, _step = kills._timed, kill.KillSwitch.pull, tick.Ticker._step


def a_kill_waits_for_its_commit(patch: pytest.MonkeyPatch) -> None:
    """State and evidence first, as for everything else."""

    async def pull(self: kill.KillSwitch, act: Spooled, card: Card, **more: Any) -> Sequence[MethodOutcome]:
        await self._begin(act)
        return await _pull(self, act, card, **more)

    patch.setattr(kill.KillSwitch, "pull", pull)


def a_kill_takes_its_turn_among_the_looks(patch: pytest.MonkeyPatch) -> None:
    """One budget for all that asks far sides."""
    turns = asyncio.Semaphore(30)

    async def step(self: tick.Ticker, *rest: Any) -> Any:
        async with turns:
            return await _step(self, *rest)

    async def pull(self: kill.KillSwitch, act: Spooled, card: Card, **more: Any) -> Sequence[MethodOutcome]:
        async with turns:
            return await _pull(self, act, card, **more)

    patch.setattr(tick.Ticker, "_step", step)
    patch.setattr(kill.KillSwitch, "pull", pull)


def the_rollout_is_read_first(patch: pytest.MonkeyPatch) -> None:
    """By id, by name: the database knows best."""
    by_card = stopping.Stopping._by_card

    async def reading(self: stopping.Stopping, request: Any, rollout: str, *rest: Any) -> Rollout:
        await self._ledger.rollouts.live()
        return await by_card(self, request, rollout, *rest)

    patch.setattr(stopping.Stopping, "_by_card", reading)


def methods_run_one_after_another(patch: pytest.MonkeyPatch) -> None:
    """In the order of the plan."""

    async def all_in_order(self: kill.KillSwitch, act: Spooled, card: Card, gear: Gear) -> Sequence[MethodOutcome]:
        done = [await self.engage(method, act) for method in gear.methods if method.tier <= 1]
        return [*done, *[await self.lower(each, ZERO, act) for each in gear.traffic]]

    patch.setattr(kill.KillSwitch, "_all", all_in_order)
    patch.setattr(methods.Pace, "within_s", lambda self, kill, now: 3600.0)
    patch.setattr(methods.Tries, "engage", _without_deadline)


async def _without_deadline(self: methods.Tries, method: Any, within_s: float | None = None) -> MethodOutcome:
    return await self._try(method.name, method.tier, method.act.engage(), method.act.engaged, 3600.0)


def a_method_has_no_deadline(patch: pytest.MonkeyPatch) -> None:
    """Its adapter surely has one."""
    patch.setattr(methods.Tries, "engage", _without_deadline)


def a_breach_kills_after_its_commit(patch: pytest.MonkeyPatch) -> None:
    """Commit, then act, as for everything else."""
    emergency = tick.Ticker._emergency

    async def later(self: tick.Ticker, rollout: Rollout, reason: str, keeping: asyncio.Future[Rollout]) -> None:
        await asyncio.shield(keeping)
        await emergency(self, rollout, reason, keeping)

    patch.setattr(tick.Ticker, "_emergency", later)


def a_spool_that_cannot_be_written_stops_the_kill(patch: pytest.MonkeyPatch) -> None:
    """No intent, no act."""
    patch.setattr(KillFolder, "begin", KillFolder._begin)

    async def is_new(self: kill.KillSwitch, act: Spooled) -> bool:
        return bool(await self._file(self.files.begin, act))

    patch.setattr(kill.KillSwitch, "_is_new", is_new)


def what_was_applied_counts_as_off(patch: pytest.MonkeyPatch) -> None:
    """It answered "ok"."""

    def timed(kill: Kill, outcomes: tuple[MethodOutcome, ...]) -> Kill:
        return _timed(kill, tuple(each.model_copy(update={"read_back_at": each.applied_at}) for each in outcomes))

    patch.setattr(kills, "_timed", timed)


def a_partial_kill_is_done(patch: pytest.MonkeyPatch) -> None:
    """Most of it is off."""

    def timed(kill: Kill, outcomes: tuple[MethodOutcome, ...]) -> Kill:
        known = _timed(kill, outcomes)
        some = max((each.read_back_at for each in outcomes if each.read_back_at), default=None)
        return known.model_copy(update={"read_back_at": some})

    patch.setattr(kills, "_timed", timed)


def nobody_says_what_is_still_on(patch: pytest.MonkeyPatch) -> None:
    """It's in the log."""
    patch.setattr(kills, "partly", lambda rollout: ())


def the_next_tier_never_runs(patch: pytest.MonkeyPatch) -> None:
    """The first one is enough."""
    patch.setattr(kills, "out_of_time", lambda kill, now: False)


def a_sick_source_is_a_late_kill(patch: pytest.MonkeyPatch) -> None:
    """What can't be measured counts as on."""
    watch = kills.watch

    def strict(
        rollout: Rollout,
        plan: Plan,
        now: datetime,
        tiers: int,
        unmet: Sequence[str],
        late: Sequence[str],
        blind: Sequence[str] = (),
    ) -> Step:
        return watch(rollout, plan, now, tiers, [*unmet, *blind], [*late, *blind])

    patch.setattr(kills, "watch", strict)


def without_a_database_nobody_goes_on(patch: pytest.MonkeyPatch) -> None:
    """The tick will see to it."""

    async def nothing(self: pursuit.Pursuit) -> None:
        return

    patch.setattr(pursuit.Pursuit, "_run", nothing)


def the_spool_is_not_merged(patch: pytest.MonkeyPatch) -> None:
    """Somebody reads it some day."""

    async def merge(self: kill.KillSwitch) -> int:
        return 0

    patch.setattr(kill.KillSwitch, "merge", merge)


def the_fence_does_not_look_into_the_spool(patch: pytest.MonkeyPatch) -> None:
    """The database has all that matters."""
    fence = actions.Mover._fence

    class Empty:
        def __getattr__(self, name: str) -> Any:
            return lambda *rest: []

    async def blind(self: actions.Mover, *rest: Any) -> Any:
        files, self._files = self._files, Empty()
        try:
            return await fence(self, *rest)
        finally:
            self._files = files

    patch.setattr(actions.Mover, "_fence", blind)


def the_card_is_written_once(patch: pytest.MonkeyPatch) -> None:
    """At the start, when nothing has risen yet."""

    async def nothing(self: actions.Mover, *rest: Any) -> None:
        return

    patch.setattr(actions.Mover, "_keep_card", nothing)


def a_kill_forgets_the_raise_under_way(patch: pytest.MonkeyPatch) -> None:
    """All read back as off, so it is done."""
    patch.setattr(kills, "expecting", lambda step, before, plan, now: step)


def a_kill_is_rehearsed_once(patch: pytest.MonkeyPatch) -> None:
    """Preflight was green."""
    patch.setattr(rehearsals, "due", lambda rollout, now: False)


def a_rehearsal_tries_for_real(patch: pytest.MonkeyPatch) -> None:
    """It is the only way to know."""
    method = rehearsal._method

    async def engaging(each: Method, heard: rehearsal.Heard) -> tuple[str, str, str | None]:
        await each.act.engage()
        return await method(each, heard)

    patch.setattr(rehearsal, "_method", engaging)


def nobody_tries_the_spool(patch: pytest.MonkeyPatch) -> None:
    """A disk is always there."""
    patch.setattr(KillFolder, "rehearse", lambda self: None)


def a_failed_rehearsal_is_a_remark(patch: pytest.MonkeyPatch) -> None:
    """Told, and nothing waits for it."""
    patch.setattr(gates, "_rehearsed", lambda rollout, now: iter(()))


def rearm_puts_everything_back(patch: pytest.MonkeyPatch) -> None:
    """What the plan names, whether it was touched or not."""

    class Everything(frozenset[str]):
        def __contains__(self, name: object) -> bool:
            return True

    patch.setattr(kills, "engaged_methods", lambda kill: Everything())


def rearm_forgives_what_fails(patch: pytest.MonkeyPatch) -> None:
    """Best effort."""

    async def forgiving(method: Any, former: str) -> str:
        return ""

    patch.setattr(rearming, "_put_back", forgiving)


def an_act_is_its_cards_own(patch: pytest.MonkeyPatch) -> None:
    """Whoever's card it was is killed."""

    async def own(self: kill.KillSwitch, act: Spooled) -> str:
        return act.rollout

    patch.setattr(kill.KillSwitch, "_whose", own)


def what_stood_once_stands(patch: pytest.MonkeyPatch) -> None:
    """It was read back, so it's done."""

    async def stands(method: Any) -> bool:
        return True

    patch.setattr(kill_watch, "_stands", stands)


def a_killed_plan_may_start(patch: pytest.MonkeyPatch) -> None:
    """Only the cooldown is looked at."""

    async def free(self: obstacles.Obstacles, *rest: Any) -> list[Any]:
        return []

    patch.setattr(obstacles.Obstacles, "_killed", free)


def a_rearmed_rollout_stays_rearmed(patch: pytest.MonkeyPatch) -> None:
    """It has ended, so there's nothing to kill."""
    begin = kills.begin

    def once(rollout: Rollout, *rest: Any) -> Step:
        return Step(rollout) if rollout.rearmed_at else begin(rollout, *rest)

    patch.setattr(kills, "begin", once)


def one_that_fails_ends_kill_all(patch: pytest.MonkeyPatch) -> None:
    """One after another, until something goes wrong."""

    async def one_by_one(self: stopping.Stopping, request: Any, reason: str) -> Sequence[Any]:
        names = await self._live() | await self._carded()
        for id in sorted(names):
            try:
                await self.kill(stopping._named(request, id), id, reason)
            except Exception:
                break
        return [KillAsked(rollout=id, name=name) for id, name in names.items()]

    patch.setattr(stopping.Stopping, "kill_all", one_by_one)


def the_spool_forgets_keys(patch: pytest.MonkeyPatch) -> None:
    """Every delivery is a new one."""

    async def is_new(self: kill.KillSwitch, act: Spooled) -> bool:
        await self._file(self.files.begin, act)
        return True

    patch.setattr(kill.KillSwitch, "_is_new", is_new)
