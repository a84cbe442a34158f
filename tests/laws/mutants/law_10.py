"""Planted bugs of law 10: drift unseen, untold or repaired upward; restored databases taken at their word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.domain import moves, progress
from bot.domain.looks import STEADY
from bot.domain.machine import State
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.steps import Step
from bot.domain.units import Weight
from bot.engine import actions, checking, restored, targets
from bot.engine.checking import Sight
from bot.engine.targets import read_weights
from bot.ports import Traffic
from storage import restore
from storage.database import Database
from storage.restore import Restored
from storage.tables import RESTORED, MarkRow, table

_drifted, _hold, _weight = moves.drifted, moves.hold, checking._weight


def a_way_down_asks_whatever_stands_there(patch: pytest.MonkeyPatch) -> None:
    """A rollback to 1 % sets 1 % where somebody had set 0 %."""

    async def lower(traffic: Traffic, weight: Weight) -> None:
        await traffic.apply(weight)

    patch.setattr(targets, "lower", lower)


def only_the_highest_target_is_looked_at(patch: pytest.MonkeyPatch) -> None:
    """Of two targets, the one that was lowered is hidden by the other."""

    async def weight(rollout: Rollout, traffic: Sequence[Traffic]) -> Sight:
        if rollout.state not in STEADY or rollout.intent is not None:
            return Sight()
        return Sight(max(await read_weights(traffic), default=None))

    patch.setattr(checking, "_weight", weight)


def an_unreadable_target_is_taken_for_the_recorded_one(patch: pytest.MonkeyPatch) -> None:
    """What can't be read is as it should be."""

    async def weight(rollout: Rollout, traffic: Sequence[Traffic]) -> Sight:
        seen = await _weight(rollout, traffic)
        return Sight(rollout.confirmed) if seen.unread and seen.weight is None else seen

    patch.setattr(checking, "_weight", weight)


def nobody_says_that_it_cannot_be_seen(patch: pytest.MonkeyPatch) -> None:
    """The bake stands still, and people wonder why."""
    patch.setattr(progress, "sight", lambda before, after, look: ())


def what_was_asked_for_is_what_stands(patch: pytest.MonkeyPatch) -> None:
    """An adapter's "ok" is believed: nothing is read back."""

    async def at_once(*whatever: Any) -> None: ...

    patch.setattr(actions, "down_to", at_once)


def drift_is_lowered_without_a_word(patch: pytest.MonkeyPatch) -> None:
    """It's put right, so why tell anybody?"""

    def drifted(rollout: Rollout, now: datetime, id: str, real: Weight, lower: bool) -> Step:
        step = _drifted(rollout, now, id, real, lower)
        return Step(step.rollout) if lower else step

    patch.setattr(moves, "drifted", drifted)


def a_restored_database_is_taken_at_its_word(patch: pytest.MonkeyPatch) -> None:
    """Nothing is held: it goes on where the backup was."""
    patch.setattr(restored, "_hold", lambda rollout, plan, now: None)


def a_restored_gate_stays_open(patch: pytest.MonkeyPatch) -> None:
    """Only what bakes is held; an old gate, with its old approvals, can be used."""
    hold = restored._hold

    def but_gates(rollout: Rollout, plan: Plan, now: datetime) -> Step | None:
        return None if rollout.state is State.GATE else hold(rollout, plan, now)

    patch.setattr(restored, "_hold", but_gates)


def a_restored_raise_lands(patch: pytest.MonkeyPatch) -> None:
    """It's held, and the raise that was under way in the backup goes on under the hold."""

    def hold(rollout: Rollout, *rest: Any) -> Step:
        step = _hold(rollout, *rest)
        if rollout.state is not State.SHIFTING:
            return step
        return Step(step.rollout.but(intent=rollout.intent, target=rollout.target), step.happenings)

    patch.setattr(moves, "hold", hold)


def a_kill_since_the_backup_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What was killed is only held, and can be resumed."""

    patch.setattr(restored, "_killed", lambda act, engaged: lambda rollout, plan, now: None)


def what_was_pending_is_taken_up_again(patch: pytest.MonkeyPatch) -> None:
    """Old requests are worked on, and old messages said, a second time."""

    async def only_the_mark(database: Database, now: datetime) -> Restored:
        mark = database.insert_new(table(MarkRow)).values(name=RESTORED, at=now)
        await database.write(lambda connection: connection.execute(mark))
        return Restored(None, 1, 1)

    patch.setattr(restore, "mark_restored", only_the_mark)


def nobody_compares_kill_cards(patch: pytest.MonkeyPatch) -> None:
    """A file copied over the database by hand goes unnoticed."""

    async def never(*whatever: Any) -> bool:
        return False

    patch.setattr(restored, "older_than_its_cards", never)
