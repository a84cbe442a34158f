"""Planted bugs for law 4: state and evidence apart, or the act before its intent. Each runs in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.evidence import Entry
from bot.domain.plan import Plan
from bot.domain.rollout import Intent, Rollout
from bot.domain.steps import Happening
from bot.engine import ledger
from bot.engine.actions import Mover
from bot.ports import Change
from storage.rollouts import SqlRollouts

_save, _note = SqlRollouts.save, SqlRollouts.note


def the_record_is_written_after_the_state(patch: pytest.MonkeyPatch) -> None:
    """Two transactions where one was meant."""

    async def save(self: SqlRollouts, rollout: Rollout, change: Change, *more: Any, **named: Any) -> Rollout:
        saved = await _save(self, rollout, replace(change, evidence=()), *more, **named)
        await _note(self, rollout.id, change.evidence)
        return saved

    patch.setattr(SqlRollouts, "save", save)


def the_record_is_written_before_the_state(patch: pytest.MonkeyPatch) -> None:
    """The other way round: what didn't happen is on record."""

    async def save(self: SqlRollouts, rollout: Rollout, change: Change, *more: Any, **named: Any) -> Rollout:
        await _note(self, rollout.id, change.evidence)
        return await _save(self, rollout, replace(change, evidence=()), *more, **named)

    patch.setattr(SqlRollouts, "save", save)


def an_intent_is_not_worth_a_record(patch: pytest.MonkeyPatch) -> None:
    """The row has it; nobody reading the evidence learns what was about to be done."""

    async def save(self: SqlRollouts, rollout: Rollout, change: Change, *more: Any, **named: Any) -> Rollout:
        told = tuple(entry for entry in change.evidence if entry.kind != "intended")
        return await _save(self, rollout, replace(change, evidence=told), *more, **named)

    patch.setattr(SqlRollouts, "save", save)


def the_act_begins_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """To be quick, the outside call is made first and its intent kept afterwards."""

    async def save(self: SqlRollouts, rollout: Rollout, change: Change, *more: Any, **named: Any) -> Rollout:
        mover = ACTING.get("mover")
        if mover is not None and rollout.intent is not None and any(e.kind == "intended" for e in change.evidence):
            gear = mover._equipment.gear(await mover._ledger.plan_of(rollout))
            for traffic in gear.traffic:
                await traffic.apply(rollout.intent.weight)
        return await _save(self, rollout, change, *more, **named)

    begin = Mover.__init__

    def remembered(self: Mover, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        ACTING["mover"] = self

    patch.setattr(Mover, "__init__", remembered)
    patch.setattr(SqlRollouts, "save", save)


ACTING: dict[str, Mover] = {}


def the_outcome_is_recorded_before_the_act(patch: pytest.MonkeyPatch) -> None:
    """Optimism: it will work, so it's written down as done."""

    async def raise_(self: Mover, rollout: Rollout, intent: Intent, plan: Plan, gear: Any, out: Any) -> None:
        await self._arrive(rollout.id, intent, Happening("applied", {"intent": intent.id}))
        for traffic in gear.traffic:
            await traffic.apply(intent.weight)

    patch.setattr(Mover, "_raise", raise_)


def an_outcome_is_not_worth_a_record(patch: pytest.MonkeyPatch) -> None:
    """The state moves on; what the far side said is nowhere."""

    async def save(self: SqlRollouts, rollout: Rollout, change: Change, *more: Any, **named: Any) -> Rollout:
        told = tuple(entry for entry in change.evidence if entry.kind != "applied")
        return await _save(self, rollout, replace(change, evidence=told), *more, **named)

    patch.setattr(SqlRollouts, "save", save)


def an_end_decides_itself(patch: pytest.MonkeyPatch) -> None:
    """What it came to can be written down when somebody asks."""
    patch.setattr(ledger, "with_decision", lambda evidence, *rest: tuple(evidence))


def what_is_put_back_is_not_told_before(patch: pytest.MonkeyPatch) -> None:
    """The kill switch is rearmed without the wish on record."""

    async def note(self: SqlRollouts, chain: str, entries: Sequence[Entry]) -> None:
        await _note(self, chain, [entry for entry in entries if entry.kind != "rearming"])

    patch.setattr(SqlRollouts, "note", note)
