"""What fired, why a rollout came down, and which alarms people call false."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.domain.evidence import Record
from bot.domain.machine import State
from bot.domain.record.alarms import Cause, alarms, causes, marked, worst
from bot.domain.record.marking import false_alarm, newest_mark, undone
from bot.domain.record.refusals import MarkedAlready, NothingFired, NotMarked
from tests.bot.domain.record.chains import a_line, a_record, a_verdict, numbered
from tests.builders import ANA, BEN, a_rollout

FIRED = a_line("errors > 5%", "trigger", met=True)
BREACH = a_verdict(9, "breach", FIRED, a_line("success > 98%", met=False))
DOWN = a_record(9, "rolling_back", State.ROLLING_BACK, reason="errors > 5%", lines=[FIRED])
OVER = a_record(10, "rolled_back", State.ROLLED_BACK, weight=0.0)


def test_a_rollback_fired_for_the_conditions_that_it_names() -> None:
    fired = alarms(numbered([BREACH, DOWN, OVER]))
    assert [(alarm.kind, alarm.number, alarm.conditions) for alarm in fired] == [
        ("verdict", 1, ("errors > 5%", "success > 98%")),
        ("rolled_back", 2, ("errors > 5%",)),
    ]


def test_what_a_person_did_is_no_alarm() -> None:
    by_hand = a_record(9, "rolling_back", State.ROLLING_BACK, BEN.id, reason="customers complain", lines=[])
    assert alarms(numbered([by_hand, a_record(9, "held", State.HELD, BEN.id, cause="person")])) == []


def test_a_hold_and_missing_data_fire_for_what_the_verdict_lacked() -> None:
    blind = a_verdict(3, "no_data", a_line("errors < 2%", met=None), a_line("success > 98%"))
    missing = a_record(4, "no_data", State.BAKING, missing=["errors < 2% (timeout)"])
    held = a_record(13, "held", State.HELD, cause="no_data", why="no data")
    kinds = {alarm.kind: alarm.conditions for alarm in alarms(numbered([blind, missing, held]))}
    assert kinds == {"verdict": ("errors < 2%",), "no_data": ("errors < 2%",), "held": ("errors < 2%",)}


@pytest.mark.parametrize(
    ("records", "wanted"),
    [
        ([BREACH, DOWN], [Cause(kind="condition", what="errors > 5%")]),
        (
            [a_record(9, "rolling_back", State.ROLLING_BACK, BEN.id, reason="customers complain")],
            [Cause(kind="person", what="customers complain")],
        ),
        (
            [a_record(9, "killing", State.KILLING, "webhook:alertmanager", reason="HighErrors")],
            [Cause(kind="alert", what="HighErrors")],
        ),
        (
            [BREACH, a_record(9, "killing", State.KILLING, reason="errors > 5%")],
            [Cause(kind="condition", what="errors > 5%")],
        ),
        (
            [
                a_verdict(3, "no_data", a_line("errors < 2%", met=None)),
                a_record(
                    9,
                    "rolling_back",
                    State.ROLLING_BACK,
                    reason="no data for longer than the plan allows: errors < 2%",
                    lines=[],
                ),
            ],
            [Cause(kind="no_data", what="errors < 2%")],
        ),
        (
            [a_record(9, "rolling_back", State.ROLLING_BACK, reason="nobody answered the gate in time", lines=[])],
            [Cause(kind="deadline", what="nobody answered the gate in time")],
        ),
        ([a_record(9, "completed", State.COMPLETED)], []),
    ],
    ids=["condition", "person", "alert", "kill", "no data", "deadline", "none"],
)
def test_why_it_came_down(records: Sequence[Record], wanted: list[Cause]) -> None:
    assert list(causes(numbered(records))) == wanted


def test_a_false_alarm_is_about_what_perch_did_last_and_can_be_taken_back_and_given_again() -> None:
    rollout, records = a_rollout(state=State.ROLLED_BACK), numbered([BREACH, DOWN, OVER])
    (told,) = false_alarm(rollout, records, BEN, "probe moved").happenings
    assert (told.kind, told.facts["of"]["number"], told.facts["of"]["conditions"]) == (
        "false_alarm",
        2,
        ["errors > 5%"],
    )
    marked_once = numbered([*records, a_record(20, told.kind, State.ROLLED_BACK, BEN.id, **dict(told.facts))])
    (mark,) = marked(marked_once)
    assert (mark.by, mark.reason, mark.conditions, mark.kind) == (
        BEN.id,
        "probe moved",
        ("errors > 5%",),
        "rolled_back",
    )
    with pytest.raises(MarkedAlready):
        false_alarm(rollout, marked_once, ANA, "really")
    (back,) = undone(rollout, newest_mark(rollout, marked_once), ANA).happenings
    taken_back = numbered([*marked_once, a_record(21, back.kind, State.ROLLED_BACK, ANA.id, **dict(back.facts))])
    assert marked(taken_back) == ()
    assert false_alarm(rollout, taken_back, ANA, "after all").happenings
    with pytest.raises(NotMarked):
        newest_mark(rollout, taken_back)


def test_where_nothing_fired_there_is_nothing_to_call_false() -> None:
    good = numbered([a_verdict(3, "pass", a_line("success > 98%")), a_record(9, "completed", State.COMPLETED)])
    assert worst(alarms(good)) is None
    with pytest.raises(NothingFired, match="materializers-1"):
        false_alarm(a_rollout(), good, BEN, "why")


def test_a_record_of_another_version_is_left_out_and_breaks_nothing() -> None:
    odd = numbered(
        [
            a_record(1, "false_alarm", State.HELD, BEN.id, of="?"),
            a_record(2, "verdict_changed", State.BAKING, verdict="breach", lines=[{"role": "?"}, 3]),
            a_record(3, "rolling_back", State.ROLLING_BACK),
        ]
    )
    assert marked(odd) == ()
    assert [alarm.conditions for alarm in alarms(odd)] == [(), ()]
