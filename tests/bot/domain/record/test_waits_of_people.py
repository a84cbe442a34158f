"""Who was waited for and how long: "waited 42 min for @sre-leads; Ben approved"."""

from __future__ import annotations

from typing import Any

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.record.waits_of_people import Wait, waits
from tests.bot.domain.record.chains import M, a_record
from tests.builders import ANA, BEN, CLEO, START, a_plan, a_rollout, a_stage

PLAN = a_plan(roles={"approvers": ["@sre-leads"]})
WEIGHTS: dict[str, Any] = {"from": 1.0, "to": 10.0}
OPENED = a_record(4, "gate", State.GATE, **WEIGHTS)


def found(*records: Record, **changes: Any) -> list[Wait]:
    rollout = a_rollout(started_at=START, **{"state": State.BAKING, **changes})
    return list(waits(rollout, PLAN, records))


def test_a_gate_waits_until_it_is_approved_and_names_who_was_waited_for() -> None:
    (wait,) = found(
        OPENED,
        a_record(46, "approved", State.SHIFTING, BEN.id),
        a_record(46, "promoted", State.SHIFTING),
    )
    assert (wait.of, wait.by, wait.ended, wait.lasted(START)) == (("@sre-leads",), (BEN.id,), "approved", 42 * M)
    assert (wait.weight, wait.to) == (1.0, 10.0)


def test_after_the_last_yes_it_is_not_people_who_are_waited_for() -> None:
    (wait,) = found(
        OPENED,
        a_record(10, "approved", State.GATE, BEN.id),
        a_record(90, "promoted", State.SHIFTING),
    )
    assert wait.lasted(START) == 6 * M
    assert wait.until == START + 90 * M


def test_a_yes_that_was_taken_back_is_no_answer() -> None:
    (wait,) = found(
        OPENED,
        a_record(5, "approved", State.GATE, BEN.id),
        a_record(6, "withdrawn", State.GATE, BEN.id),
        a_record(8, "approved", State.SHIFTING, CLEO.id),
        a_record(8, "promoted", State.SHIFTING),
    )
    assert (wait.by, wait.lasted(START)) == ((CLEO.id,), 4 * M)


def test_a_rejection_ends_the_gate_and_begins_a_hold_that_somebody_resumes() -> None:
    gate, hold = found(
        OPENED,
        a_record(9, "rejected", State.HELD, BEN.id, reason="the dashboard is red"),
        a_record(9, "gate_closed", State.HELD),
        a_record(9, "held", State.HELD, BEN.id, why="the gate was rejected", owner=BEN.id, cause="gate"),
        a_record(29, "resumed", State.BAKING, ANA.id),
    )
    assert (gate.ended, gate.by, gate.why) == ("rejected", (BEN.id,), "the dashboard is red")
    assert (hold.kind, hold.ended, hold.of, hold.by, hold.lasted(START)) == (
        "hold",
        "resumed",
        (BEN.id,),
        (ANA.id,),
        20 * M,
    )


def test_a_gate_that_expires_or_is_taken_down_says_so() -> None:
    (expired, hold) = found(
        OPENED,
        a_record(200, "gate_expired", State.HELD),
        a_record(200, "held", State.HELD, why="nobody answered the gate in time", owner=ANA.id, cause="gate"),
        state=State.HELD,
    )
    assert (expired.ended, expired.by, hold.ended) == ("expired", (), "open")
    (down,) = found(
        OPENED,
        a_record(7, "gate_closed", State.ROLLING_BACK),
        a_record(7, "rolling_back", State.ROLLING_BACK),
        a_record(8, "rolled_back", State.ROLLED_BACK),
        state=State.ROLLED_BACK,
        ended_at=START + 8 * M,
    )
    assert (down.ended, down.lasted(START)) == ("down", 3 * M)


def test_an_overruled_hold_ends_where_its_gate_opens() -> None:
    hold, gate = found(
        a_record(4, "held", State.HELD, why="the bake is over", owner=ANA.id, cause="on_fail"),
        a_record(9, "overruled", State.GATE, CLEO.id, **WEIGHTS),
        a_record(12, "approved", State.SHIFTING, BEN.id),
        a_record(12, "promoted", State.SHIFTING),
    )
    assert (hold.ended, hold.by) == ("overruled", (CLEO.id,))
    assert (gate.kind, gate.ended, gate.lasted(START)) == ("gate", "approved", 3 * M)


def test_an_open_gate_waits_up_to_now_and_counts_its_escalations() -> None:
    (wait,) = found(OPENED, a_record(34, "gate_escalated", State.GATE), state=State.GATE)
    assert (wait.ended, wait.escalated, wait.lasted(START + 60 * M)) == ("open", 1, 56 * M)


def test_where_nobody_has_to_approve_nobody_is_waited_for() -> None:
    free = a_plan(a_stage("1%", approvals={"need": 0}), a_stage("10%"), roles={"approvers": ["@sre-leads"]})
    (wait,) = waits(a_rollout(state=State.GATE), free, [OPENED])
    assert wait.of == ()
    (unknown,) = waits(a_rollout(state=State.GATE), None, [OPENED])
    assert unknown.of == ()
