"""Planted bugs for law 5: what is only in memory, or counts as done too early. Each runs in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.domain import progress
from bot.domain.gates import promotion_waits_for
from bot.domain.plan import Plan
from bot.domain.rollout import Gate, Intent, Rollout
from bot.domain.steps import Happening, Step
from bot.domain.waits import Waiting
from bot.engine.actions import Mover
from bot.engine.saying import Sayer
from bot.engine.tick import Ticker
from bot.ports import Change, Delivery, Posted, Queued
from storage.inbox import SqlInbox
from storage.outbox import SAID, SqlOutbox
from storage.rollouts import SqlRollouts
from storage.spool import KillFolder

_save, _load, _claim = SqlRollouts.save, SqlRollouts.load, SqlRollouts.claim
_post, _said, _take, _waiting = Sayer._post, SqlOutbox.said, SqlInbox.take, SqlInbox.waiting


def a_thread_is_known_in_memory_alone(patch: pytest.MonkeyPatch) -> None:
    """After a restart nobody knows where the status message stands."""
    places: dict[tuple[str, str], Posted] = {}

    async def said(self: SqlOutbox, number: int, posted: Posted | None, *rest: Any) -> None:
        row = self._in_hand.get(number)
        await _said(self, number, None, *rest)
        if posted is not None and row is not None:
            places.setdefault((row[0], f"status:{row[0]}"), posted)

    async def place(self: SqlOutbox, rollout: str, key: str) -> Posted | None:
        return places.get((rollout, key))

    patch.setattr(SqlOutbox, "said", said)
    patch.setattr(SqlOutbox, "place", place)


def a_gate_is_kept_in_memory(patch: pytest.MonkeyPatch) -> None:
    """The row says `gate`, and the gate itself went with the process."""
    gates: dict[str, Gate | None] = {}

    def whole(rollout: Rollout) -> Rollout:
        return rollout.but(gate=gates.get(rollout.id))

    async def save(self: SqlRollouts, rollout: Rollout, change: Change, *more: Any, **named: Any) -> Rollout:
        saved = await _save(self, rollout.but(gate=None), change, *more, **named)
        gates[rollout.id] = rollout.gate
        return whole(saved)

    async def load(self: SqlRollouts, id: str) -> Rollout:
        return whole(await _load(self, id))

    async def claim(self: SqlRollouts, *given: Any, **named: Any) -> Sequence[Any]:
        claimed = await _claim(self, *given, **named)
        return [whole(each) if isinstance(each, Rollout) else each for each in claimed]

    patch.setattr(SqlRollouts, "save", save)
    patch.setattr(SqlRollouts, "load", load)
    patch.setattr(SqlRollouts, "claim", claim)


def an_approval_is_forgotten_at_a_restart(patch: pytest.MonkeyPatch) -> None:
    """To be sure, the first tick asks anew whoever is asked already."""
    tick, done = Ticker.tick, list[bool]()

    def forgotten(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
        gate = rollout.gate
        return Step(rollout.but(gate=gate.model_copy(update={"approvals": ()}))) if gate is not None else None

    async def first(self: Ticker) -> int:
        if not done:
            done.append(True)
            for rollout in await self._ledger.rollouts.live():
                await self._ledger.change(rollout.id, forgotten)
        return await tick(self)

    patch.setattr(Ticker, "tick", first)


def a_start_that_waited_goes_on_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    """A process takes a start's gate that it didn't open for one that was passed."""
    begin = Mover.__init__
    born: list[datetime] = []

    def remembered(self: Mover, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        born.append(self._ledger.clock())

    def waits(rollout: Rollout, *given: Any) -> list[Waiting]:
        gate = rollout.gate
        passed = gate is not None and gate.stage is None and gate.opened_at < born[0]
        return [] if passed else promotion_waits_for(rollout, *given)

    patch.setattr(Mover, "__init__", remembered)
    patch.setattr(progress, "promotion_waits_for", waits)


def what_was_intended_counts_as_done_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    """A process takes an intent that it didn't make for one that was carried out."""
    begin, raise_ = Mover.__init__, Mover._raise
    born: list[datetime] = []

    def remembered(self: Mover, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        born.append(self._ledger.clock())

    async def resumed(self: Mover, rollout: Rollout, intent: Intent, *rest: Any) -> None:
        if intent.made_at < born[0]:
            await self._arrive(rollout.id, intent, Happening("applied", {"intent": intent.id}))
        else:
            await raise_(self, rollout, intent, *rest)

    patch.setattr(Mover, "__init__", remembered)
    patch.setattr(Mover, "_raise", resumed)


def a_restart_begins_at_what_was_approved(patch: pytest.MonkeyPatch) -> None:
    """To be sure, the first tick sets the approved weight again, whatever is recorded."""
    tick, done = Ticker.tick, list[bool]()

    async def first(self: Ticker) -> int:
        if not done:
            done.append(True)
            for rollout in await self._ledger.rollouts.live():
                gear = self._equipment.gear(await self._ledger.plan_of(rollout))
                for traffic in gear.traffic:
                    await traffic.apply(max(rollout.approved, rollout.target))
        return await tick(self)

    patch.setattr(Ticker, "tick", first)


def an_uncertain_post_is_simply_repeated(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether it stands already."""

    async def post(self: Sayer, queued: Queued) -> Posted:
        return await _post(self, replace(queued, uncertain=False))

    patch.setattr(Sayer, "_post", post)


def a_message_counts_as_said_before_it_is_posted(patch: pytest.MonkeyPatch) -> None:
    """At most once, where exactly once was promised."""
    sending = SqlOutbox.sending

    async def early(self: SqlOutbox, number: int, until: datetime) -> None:
        await sending(self, number, until)
        await self._set(number, state=SAID)

    patch.setattr(SqlOutbox, "sending", early)


def what_was_half_sent_is_looked_for_at_once(patch: pytest.MonkeyPatch) -> None:
    """It isn't found, for it is on its way still; so it is posted again."""
    sending = SqlOutbox.sending

    async def landed_already(self: SqlOutbox, number: int, until: datetime) -> None:
        await sending(self, number, datetime.min.replace(tzinfo=until.tzinfo))

    patch.setattr(SqlOutbox, "sending", landed_already)


def what_a_crash_left_in_the_inbox_stays_there(patch: pytest.MonkeyPatch) -> None:
    """Only what this process took in is worked on."""
    mine = set[str]()

    async def take(self: SqlInbox, delivery: Delivery) -> bool:
        mine.add(delivery.key)
        return await _take(self, delivery)

    async def waiting(self: SqlInbox) -> Sequence[Delivery]:
        return [each for each in await _waiting(self) if each.key in mine]

    patch.setattr(SqlInbox, "take", take)
    patch.setattr(SqlInbox, "waiting", waiting)


def an_act_leaves_the_spool_with_its_outcome(patch: pytest.MonkeyPatch) -> None:
    """The file goes when the switch is thrown, not when that is on record."""
    outcome = KillFolder.outcome

    def hasty(self: KillFolder, key: str, facts: Mapping[str, Any]) -> None:
        outcome(self, key, facts)
        self.merged(key)

    patch.setattr(KillFolder, "outcome", hasty)


def an_outcome_is_recorded_in_every_life(patch: pytest.MonkeyPatch) -> None:
    """What a former life did and recorded is recorded again by the next."""
    tick, done = Ticker.tick, list[bool]()

    async def first(self: Ticker) -> int:
        if not done:
            done.append(True)
            for rollout in await self._ledger.rollouts.live():
                for record in await self._ledger.rollouts.records(rollout.id):
                    if record.kind == "applied":
                        await self._ledger.record(rollout, Happening("applied", record.body))
        return await tick(self)

    patch.setattr(Ticker, "tick", first)
