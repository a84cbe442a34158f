"""Where a rollout's time went, from its record (E6)."""

from __future__ import annotations

from typing import Any

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.record.durations import Phase, spent, stretches
from tests.bot.domain.record.chains import M, a_record
from tests.builders import START, a_rollout


def took(records: list[Record], until: float, **changes: Any) -> dict[str, float]:
    rollout = a_rollout(started_at=START, **changes)
    found = spent(rollout, records, START + until * M)
    return {phase.value: span / M for phase, span in found.items() if span}


WHOLE = [
    a_record(0, "started", State.PREFLIGHT),
    a_record(1, "preflight", State.SHIFTING),
    a_record(2, "stage_confirmed", State.BAKING),
    a_record(6, "gate", State.GATE),
    a_record(6.5, "refused"),
    a_record(48, "promoted", State.SHIFTING),
    a_record(49, "stage_confirmed", State.BAKING),
    a_record(51, "held", State.HELD, cause="person"),
    a_record(61, "resumed", State.BAKING),
    a_record(62, "held", State.HELD, cause="freeze"),
    a_record(62, "frozen", State.HELD),
    a_record(72, "unfrozen", State.HELD),
    a_record(75, "resumed", State.BAKING),
    a_record(80, "rolling_back", State.ROLLING_BACK),
    a_record(82, "rolled_back", State.ROLLED_BACK),
    a_record(90, "verified", State.ROLLED_BACK),
]


def test_each_phase_has_its_time_and_all_of_them_are_the_whole() -> None:
    ended = {"state": State.ROLLED_BACK, "ended_at": START + 82 * M}
    assert took(WHOLE, 1000, **ended) == {
        "preflight": 1,
        "moving": 2,
        "baking": 4 + 2 + 1 + 5,
        "waiting": 42,
        "held": 10 + 3,
        "frozen": 10,
        "going_down": 2,
    }
    assert sum(took(WHOLE, 1000, **ended).values()) == 82


def test_a_live_rollout_counts_up_to_now() -> None:
    assert took(WHOLE[:4], 20, state=State.GATE)["waiting"] == 14


def test_perchs_own_absence_is_taken_out_of_what_lay_there() -> None:
    """The first look after a downtime puts it on record; it reaches over two phases here."""
    away: dict[str, Any] = {"since": (START + 5 * M).timestamp(), "until": (START + 16 * M).timestamp()}
    found = took([*WHOLE[:4], a_record(16, "away", State.GATE, **away)], 20, state=State.GATE)
    assert found == {"preflight": 1, "moving": 1, "baking": 3, "unseen": 11, "waiting": 4}


def test_what_lies_between_an_end_and_a_later_kill_is_nobodys_time() -> None:
    records = [
        a_record(0, "started", State.PREFLIGHT),
        a_record(1, "stage_confirmed", State.BAKING),
        a_record(5, "completed", State.COMPLETED),
        a_record(65, "killing", State.KILLING),
        a_record(66, "killed", State.KILLED),
    ]
    assert took(records, 99, state=State.KILLED, ended_at=START + 66 * M) == {
        "preflight": 1,
        "baking": 4,
        "going_down": 1,
    }


def test_times_that_go_back_between_machines_give_no_negative_time() -> None:
    records = [
        a_record(0, "started", State.PREFLIGHT),
        a_record(3, "stage_confirmed", State.BAKING),
        a_record(2.9, "gate", State.GATE),
        a_record(4, "promoted", State.SHIFTING),
    ]
    assert took(records, 5, state=State.SHIFTING) == {"preflight": 3, "waiting": 1, "moving": 1}


def test_without_records_it_is_all_the_present_phase() -> None:
    assert took([], 7, state=State.HELD) == {"held": 7}
    assert set(spent(a_rollout(), [], START)) == set(Phase)


def test_stretches_follow_each_other_without_gaps() -> None:
    found = stretches(a_rollout(state=State.ROLLED_BACK, ended_at=START + 82 * M), WHOLE, START + 1000 * M)
    assert [stretch.since for stretch in found[1:]] == [stretch.until for stretch in found[:-1]]
    assert found[0].since == START
