"""Planted bugs: each is a small, plausible mistake, swapped in for one part while a law's test runs.

This is the only place where parts are patched: a law that still holds with its bug planted isn't tested at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.domain import checklists, checks, decisions, gates, kills, looks, moves, progress, rollbacks
from bot.domain.checklists import Item
from bot.domain.decisions import Do, Position
from bot.domain.machine import ENDS, MOVES, Event, State
from bot.domain.plan import Approvals, Plan, Stage
from bot.domain.rollout import Approval, Check, Gate, Line, Person, Rollout, Verdict
from bot.domain.steps import Step
from bot.domain.units import Weight
from bot.domain.waits import Waiting

Plant = Callable[[pytest.MonkeyPatch], None]
FOUND = (AssertionError, TimeoutError)
"""How a story finds a bug: it sees something wrong, or what it waits for doesn't come."""
_roll_back, _came_down, _drifted, _begin = rollbacks.roll_back, rollbacks.came_down, moves.drifted, kills.begin
_verdict, _take_in, _retreat = checks._verdict, looks.take_in, moves.retreat
_waits, _unticked = gates.promotion_waits_for, checklists.unticked


# ---- law 1 -----------------------------------------------------------------------------------------------------


def a_verdict_stays_fresh_for_hours(patch: pytest.MonkeyPatch) -> None:
    """A check of before a downtime lets an approval through."""
    patch.setattr(gates, "FRESH", 1000)


def who_asked_may_approve(patch: pytest.MonkeyPatch) -> None:
    """Four eyes are forgotten."""

    def counted(gate: Gate, wanted: Approvals, involved: Sequence[str]) -> tuple[Approval, ...]:
        return tuple({each.person.id: each for each in gate.approvals}.values())

    patch.setattr(gates, "counted", counted)


def nobody_has_to_approve(patch: pytest.MonkeyPatch) -> None:
    """Approvals are collected and never looked at."""
    patch.setattr(gates, "still_needed", lambda gate, wanted, involved: [])


def nobody_has_to_tick(patch: pytest.MonkeyPatch) -> None:
    """The checklist is shown and never looked at."""
    patch.setattr(gates, "unticked", lambda gate, stage, check: [])


def an_item_that_was_seen_once_stays_ticked(patch: pytest.MonkeyPatch) -> None:
    """The automatic items are ticked by any check, not by the newest."""

    def lenient(gate: Gate, stage: Stage, check: Check | None) -> list[Item]:
        return [item for item in _unticked(gate, stage, check) if item.wanted.auto is None]

    patch.setattr(gates, "unticked", lenient)


def a_failed_check_does_not_void_a_gate(patch: pytest.MonkeyPatch) -> None:
    """A gate stays open whatever the checks say, and can be used."""
    patch.setattr(gates, "voids", lambda gate, check: "")
    patch.setattr(progress, "voids", lambda gate, check: "")
    for verdict in (Verdict.FAIL, Verdict.NO_DATA):
        patch.setitem(decisions.MATRIX, (Position.GATE, verdict), Do.PROMOTE)


def an_unread_weight_is_good_enough(patch: pytest.MonkeyPatch) -> None:
    """The recorded weight is taken for the real one."""
    patch.setattr(gates, "stands_confirmed", lambda rollout: True)


def a_check_of_before_the_resume_will_do(patch: pytest.MonkeyPatch) -> None:
    """What was measured before a person resumed opens the next gate."""
    patch.setattr(gates, "since_resume", lambda rollout, check: True)
    patch.setattr(progress, "since_resume", lambda rollout, check: True)


def an_expired_gate_is_still_open(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the clock of a gate."""

    def waits(rollout: Rollout, plan: Plan, now: datetime, opens: datetime | None = None) -> list[Waiting]:
        return [each for each in _waits(rollout, plan, now, opens) if "expired" not in each.what]

    patch.setattr(progress, "promotion_waits_for", waits)


def a_promotion_skips_a_stage(patch: pytest.MonkeyPatch) -> None:
    """Off by one: the stage after the next."""
    asking = moves._asking

    def skipping(rollout: Rollout, plan: Plan, stage: int, *rest: Any) -> Rollout:
        return asking(rollout, plan, min(stage + (stage > 0), len(plan.stages) - 1), *rest)

    patch.setattr(moves, "_asking", skipping)


def a_retreat_keeps_what_was_approved(patch: pytest.MonkeyPatch) -> None:
    """After a raise that wasn't confirmed the higher weight is still wanted."""

    def retreat(rollout: Rollout, *rest: Any) -> Step:
        step = _retreat(rollout, *rest)
        kept = step.rollout.but(approved=rollout.approved, target=rollout.target, intent=rollout.intent)
        return Step(kept, step.happenings)

    patch.setattr(moves, "retreat", retreat)


# ---- law 3 -----------------------------------------------------------------------------------------------------


def no_data_counts_as_a_pass(patch: pytest.MonkeyPatch) -> None:
    """The models' worst trap: a condition that can't be evaluated isn't counted."""

    def lenient(lines: Sequence[Line]) -> Verdict:
        return _verdict([line for line in lines if line.met is not None])

    patch.setattr(checks, "_verdict", lenient)


def no_data_counts_as_a_failure(patch: pytest.MonkeyPatch) -> None:
    """A source outage of 40 s is taken for a regression."""

    def strict(lines: Sequence[Line]) -> Verdict:
        verdict = _verdict(lines)
        return Verdict.FAIL if verdict is Verdict.NO_DATA else verdict

    patch.setattr(checks, "_verdict", strict)


def a_gate_opens_without_data(patch: pytest.MonkeyPatch) -> None:
    """One wrong cell of the matrix."""
    patch.setitem(decisions.MATRIX, (Position.BAKED, Verdict.NO_DATA), Do.OPEN_GATE)


def a_rollout_completes_without_data(patch: pytest.MonkeyPatch) -> None:
    """Ended before it was measured, and successful."""
    patch.setitem(decisions.MATRIX, (Position.LAST_BAKED, Verdict.NO_DATA), Do.COMPLETE)


def no_data_rolls_back(patch: pytest.MonkeyPatch) -> None:
    """A sick source is taken for a sick canary."""
    patch.setitem(decisions.MATRIX, (Position.BAKING, Verdict.NO_DATA), Do.ROLL_BACK)


def no_data_resets_clean_time(patch: pytest.MonkeyPatch) -> None:
    """It should stop it, and not restart it."""

    def clean(rollout: Rollout, check: Check, passed: Any) -> Any:
        return passed if check.verdict.promotable else passed * 0

    patch.setattr(looks, "_clean", clean)


# ---- law 6 -----------------------------------------------------------------------------------------------------


def two_clicks_are_two_people(patch: pytest.MonkeyPatch) -> None:
    """A redelivered click counts again."""

    def counted(gate: Gate, wanted: Approvals, involved: Sequence[str]) -> tuple[Approval, ...]:
        return tuple(each for each in gate.approvals if each.person.id not in involved)

    patch.setattr(gates, "counted", counted)


def a_repeated_kill_begins_anew(patch: pytest.MonkeyPatch) -> None:
    """The spool is merged twice: a new kill, with a new time, and who asked first is forgotten."""

    def begin(rollout: Rollout, now: datetime, by: Person, reason: str, asked_at: datetime, tier: int) -> Step:
        return _begin(rollout.but(kill=None), now, by, reason, asked_at, tier)

    patch.setattr(kills, "begin", begin)


# ---- law 7 -----------------------------------------------------------------------------------------------------


def a_rollback_leaves_the_raise_standing(patch: pytest.MonkeyPatch) -> None:
    """The fence of the raise is still the rollout's own, so it lands."""

    def roll_back(rollout: Rollout, *rest: Any, **more: Any) -> Step:
        step = _roll_back(rollout, *rest, **more)
        return Step(step.rollout.but(intent=rollout.intent or step.rollout.intent), step.happenings)

    patch.setattr(rollbacks, "roll_back", roll_back)


def a_kill_leaves_the_gate_open(patch: pytest.MonkeyPatch) -> None:
    """Somebody approves while the switch is being pulled."""

    def begin(rollout: Rollout, *rest: Any) -> Step:
        step = _begin(rollout, *rest)
        return Step(step.rollout.but(gate=rollout.gate), step.happenings)

    patch.setattr(kills, "begin", begin)


def a_rolled_back_rollout_goes_up_again(patch: pytest.MonkeyPatch) -> None:
    """At 0 % it tries the first stage again, by itself."""

    def came_down(rollout: Rollout, plan: Plan, now: datetime) -> Step:
        step = _came_down(rollout, plan, now)
        if step.rollout.state is not State.ROLLED_BACK:
            return step
        return Step(moves._asking(step.rollout, plan, 0, now, "again", "again"), step.happenings)

    patch.setattr(rollbacks, "came_down", came_down)


def a_way_down_leads_up(patch: pytest.MonkeyPatch) -> None:
    """`rollback_to` is followed even where it is above what is confirmed."""
    patch.setattr(rollbacks, "back_to", lambda rollout, plan: plan.stage_weight(rollout.stage))


# ---- law 10 ----------------------------------------------------------------------------------------------------


def nobody_looks_at_the_weight(patch: pytest.MonkeyPatch) -> None:
    """Drift isn't seen."""
    patch.setattr(progress, "_drift", lambda before, rollout, plan, look: None)


def drift_is_repaired_upward(patch: pytest.MonkeyPatch) -> None:
    """What was lowered by hand is put back to what was recorded."""

    def drifted(rollout: Rollout, now: datetime, id: str, real: Weight, lower: bool) -> Step:
        return _drifted(rollout, now, id, real, True)

    patch.setattr(moves, "drifted", drifted)


def drift_is_seen_and_not_told(patch: pytest.MonkeyPatch) -> None:
    """It holds, and nobody learns why."""

    def drifted(rollout: Rollout, *rest: Any) -> Step:
        return Step(_drifted(rollout, *rest).rollout)

    patch.setattr(moves, "drifted", drifted)


def drift_is_told_and_not_held(patch: pytest.MonkeyPatch) -> None:
    """The way up goes on from a weight that nobody approved."""

    def drifted(rollout: Rollout, *rest: Any) -> Step:
        return Step(rollout, _drifted(rollout, *rest).happenings)

    patch.setattr(moves, "drifted", drifted)


def drift_above_what_was_approved_stays(patch: pytest.MonkeyPatch) -> None:
    """`drift: lower` is read as `hold`."""

    def drifted(rollout: Rollout, now: datetime, id: str, real: Weight, lower: bool) -> Step:
        return _drifted(rollout, now, id, real, False)

    patch.setattr(moves, "drifted", drifted)


# ---- what holds for all ----------------------------------------------------------------------------------------


def an_ended_rollout_can_be_held(patch: pytest.MonkeyPatch) -> None:
    """One row too many in the table of moves."""
    for end in ENDS:
        patch.setitem(MOVES, (end, Event.ROLL_BACK), State.ROLLING_BACK)


def a_hold_has_no_deadline(patch: pytest.MonkeyPatch) -> None:
    """It is forgotten for weeks."""
    a_hold = moves.a_hold

    def endless(*rest: Any, **more: Any) -> Any:
        return a_hold(*rest, **more).model_copy(update={"until": None})

    patch.setattr(progress, "a_hold", endless)
    patch.setattr(moves, "a_hold", endless)
