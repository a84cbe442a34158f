"""Planted bugs of law 1: a yes that is taken for another, and grounds that nobody looks at again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.domain import checklists, gates, overruling, progress, start_gate
from bot.domain.checklists import Item
from bot.domain.plan import Approvals, Plan, Stage
from bot.domain.rollout import Approval, Check, Gate, Person, Rollout, Tick
from bot.domain.steps import Step
from bot.domain.waits import Waiting
from bot.engine import gatekeeping

_open_gate, _overrule = gates.open_gate, overruling.overrule


def a_tick_lives_longer_than_its_gate(patch: pytest.MonkeyPatch) -> None:
    """What was ticked at a gate that closed is still ticked at the next one."""
    last: list[Tick] = []

    def unticked(gate: Gate, stage: Stage, check: Check | None) -> list[Item]:
        last[:] = gate.ticks or last
        return checklists.unticked(gate.model_copy(update={"ticks": tuple(last)}), stage, check)

    patch.setattr(gates, "unticked", unticked)


def any_gate_will_do(patch: pytest.MonkeyPatch) -> None:
    """A yes is a yes."""
    patch.setattr(gatekeeping, "_open_gate", lambda fresh, plan, request, now: fresh.gate)


def a_bake_may_end_whenever_it_was_asked(patch: pytest.MonkeyPatch) -> None:
    """Bakes are ended early whenever it was asked."""

    def may(rollout: Rollout, plan: Any, request: Any, reason: str, now: Any) -> None: ...

    patch.setattr(gatekeeping, "_may_end_early", may)


def a_gate_has_no_origin(patch: pytest.MonkeyPatch) -> None:
    """That there is one is enough."""
    waits = gates.promotion_waits_for

    def lenient(known: Rollout, *rest: Any) -> Any:
        if known.gate is None:
            return waits(known, *rest)
        own = {"plan_digest": known.plan_digest, "version": known.version, "stage": known.stage}
        return waits(known.but(gate=known.gate.model_copy(update=own)), *rest)

    patch.setattr("bot.domain.progress.promotion_waits_for", lenient)


def an_old_intent_is_an_intent(patch: pytest.MonkeyPatch) -> None:
    """It was approved; how long ago doesn't matter."""
    patch.setattr(gates, "may_still_begin", lambda *rest: True)


def an_override_counts_for_the_next_gate(patch: pytest.MonkeyPatch) -> None:
    """What was overruled once is overruled for good."""

    def opened(rollout: Rollout, plan: Plan, check: Check, id: str) -> Gate:
        known = tuple(each for override in rollout.overrides for each in override.overruled)
        return _open_gate(rollout, plan, check, id).model_copy(update={"overruled": known})

    patch.setattr(progress, "open_gate", opened)


def an_override_overrules_whatever_comes(patch: pytest.MonkeyPatch) -> None:
    """A gate that was opened by an override stays open, whatever fails or goes unmeasured later."""
    patch.setattr(gates, "_overruled", lambda gate, check: bool(gate.overruled))


def a_breach_can_be_overruled(patch: pytest.MonkeyPatch) -> None:
    """As any other verdict."""
    patch.setattr(gates, "_overruled", lambda gate, check: bool(gate.overruled))
    patch.setattr(overruling, "_not_this", lambda check, rollout, plan, now: "" if check else "none")


def who_overruled_may_approve(patch: pytest.MonkeyPatch) -> None:
    """Break-glass by one pair of eyes."""

    def alone(rollout: Rollout, plan: Plan, now: datetime, id: str, reason: str, by: Person) -> Step:
        step = _overrule(rollout, plan, now, id, reason, by)
        return Step(step.rollout.but(involved=rollout.involved), step.happenings)

    patch.setattr(overruling, "overrule", alone)


def the_starts_gate_is_opened_without_approvals(patch: pytest.MonkeyPatch) -> None:
    """Green preflight is enough, as it is for plans that ask for nothing."""
    patch.setattr(start_gate, "asks", lambda rollout, plan: False)


def the_starts_approvals_are_the_first_stages(patch: pytest.MonkeyPatch) -> None:
    """Whatever `start_approvals` says, the stage's own count is taken."""
    approvals_of = gates.approvals_of

    def wrong(gate: Gate, plan: Plan) -> Approvals:
        return plan.stages[0].approvals if gate.stage is None else approvals_of(gate, plan)

    patch.setattr(gates, "approvals_of", wrong)


def the_requester_may_approve_his_own_start(patch: pytest.MonkeyPatch) -> None:
    """Four eyes are for later gates, where there are numbers to look at."""
    counted = gates.counted

    def lenient(gate: Gate, wanted: Approvals, involved: Sequence[str]) -> tuple[Approval, ...]:
        return counted(gate, wanted, () if gate.stage is None else involved)

    patch.setattr(gates, "counted", lenient)


def a_stale_preflight_is_good_enough(patch: pytest.MonkeyPatch) -> None:
    """It was green when the gate opened."""
    patch.setattr(gates, "_preflighted", lambda rollout, plan, now: iter(()))


def what_preflight_finds_later_voids_nothing(patch: pytest.MonkeyPatch) -> None:
    """The gate stays open, whatever is red or noted by now."""
    patch.setattr(start_gate, "_why_void", lambda rollout, found: "")


def an_expired_start_is_still_open(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the clock of that gate."""
    waits = gates.promotion_waits_for

    def lenient(*rest: Any) -> list[Waiting]:
        return [each for each in waits(*rest) if each.detail != "expired"]

    patch.setattr(progress, "promotion_waits_for", lenient)
    patch.setattr(start_gate, "has_expired", lambda *rest: False)


def traffic_at_the_starts_gate_is_nobodys_business(patch: pytest.MonkeyPatch) -> None:
    """What isn't Perch's yet may move as it likes."""
    patch.setattr(start_gate, "_drift", lambda *rest: None)
