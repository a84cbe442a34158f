"""Where the time went (E6): each moment belongs to one kind, and the parts are the whole."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.machine import ENDS, State
from bot.domain.record.durations import Phase
from bot.domain.record.reading import state_after
from bot.wording.report.passage import lengths, passage, stretches
from tests.bot.wording.report.invented import Happened, chronicle, every, records, where
from tests.builders import START

MOMENTS = st.floats(-30, 200, allow_nan=False)
CAUSES = st.sampled_from(["freeze", "person", "", None])
HAPPENED = st.builds(
    lambda minutes, state, cause, kind: (minutes, kind, where(state, cause=cause)),
    MOMENTS,
    st.sampled_from(list(State)),
    CAUSES,
    st.sampled_from(["held", "gate", "resumed", "promoted", "lies"]),
)
STRANGE: st.SearchStrategy[Happened] = st.sampled_from(
    [(5.0, "refused", {}), (6.0, "odd", {"at": "noon"}), (7.0, "odd", {"at": {"state": "flying"}})]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(HAPPENED | STRANGE, max_size=12), st.lists(st.integers(0, 4000), max_size=20), st.floats(0, 150))
def test_the_parts_are_the_whole_whatever_the_record_says(
    happened: list[Happened], looks: list[int], minutes: float
) -> None:
    """E6: times out of order, beyond the ends or unreadable, looks at any time: nothing is lost or counted twice."""
    points = [point for point in every(1, [1.0] * 4001) if (point.at - START).seconds in looks]
    told = chronicle(records(*happened), {"success": points}, minutes)
    found = stretches(told)
    whole = sum((each.span for each in found), timedelta(0))
    assert whole == sum(lengths(found).values(), timedelta(0)) <= told.until - told.began
    assert all(told.began <= each.since < each.until <= told.until for each in found)
    assert all(earlier.until <= later.since for earlier, later in pairwise(found))
    if not any(state_after(record) in ENDS for record in told.records):
        assert whole == told.until - told.began


def test_waiting_baking_holds_and_freezes_are_told_apart() -> None:
    told = records(
        (1, "stage_confirmed", where(State.BAKING)),
        (11, "gate", where(State.GATE)),
        (16, "held", where(State.HELD, cause="person")),
        (18, "held", where(State.HELD, cause="freeze")),
        (25, "unfrozen", where(State.HELD)),
        (26, "resumed", where(State.BAKING)),
        (30, "rolling_back", where(State.ROLLING_BACK)),
        (31, "rolled_back", where(State.ROLLED_BACK)),
    )
    found = lengths(stretches(chronicle(told, minutes=31)))
    minutes = {what: length / timedelta(minutes=1) for what, length in found.items()}
    assert minutes == {
        Phase.PREFLIGHT: 1,
        Phase.BAKING: 14,
        Phase.WAITING: 5,
        Phase.HELD: 3,
        Phase.FROZEN: 7,
        Phase.GOING_DOWN: 1,
    }


def test_a_time_in_which_nobody_looked_is_perchs_and_not_the_bakes() -> None:
    """Checks each minute, but none for 20 minutes."""
    points = [
        *every(60, [1.0] * 11),
        *(point for point in every(60, [1.0] * 61) if point.at > START + timedelta(minutes=30)),
    ]
    told = chronicle(records((0, "stage_confirmed", where(State.BAKING))), {"success": points})
    found = lengths(stretches(told))
    assert found[Phase.UNSEEN] == timedelta(minutes=20)
    assert found[Phase.BAKING] == timedelta(minutes=40)


def test_a_source_that_measures_seldom_is_no_downtime() -> None:
    told = chronicle(records((0, "stage_confirmed", where(State.BAKING))), {"success": every(300, [1.0] * 13)})
    assert Phase.UNSEEN not in lengths(stretches(told))


def test_a_rollout_that_took_no_time_has_no_bar() -> None:
    told = chronicle(minutes=0)
    assert passage(told, stretches(told)) is None
