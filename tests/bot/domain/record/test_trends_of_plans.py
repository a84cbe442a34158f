"""Many rollouts added up: how often, how long, why some came down; of plans and conditions, never of persons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.machine import State
from bot.domain.overrides import Outcome
from bot.domain.record.alarms import Alarm, Cause, FalseAlarm
from bot.domain.record.durations import Phase
from bot.domain.record.outcomes import Judged
from bot.domain.record.summary import Summary, blind, summed_up, to_zero
from bot.domain.record.trends_of_plans import BARS, lengths, trends
from bot.domain.record.waits_of_people import Wait
from tests.bot.domain.record.chains import M, a_line, a_record, a_verdict
from tests.builders import START, a_rollout

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_summary(
    state: State = State.COMPLETED, after: timedelta = HOUR, start: timedelta = 0 * DAY, **more: Any
) -> Summary:
    facts: dict[str, Any] = {
        "rollout": f"m-{start}",
        "plan": "materializers",
        "version": "1",
        "environment": "production",
        "weight": 0,
        "highest": 10,
        "by": "U0ANA",
        "state": state,
        "started_at": START + start,
        "ended_at": START + start + after,
        "spent_s": {Phase.BAKING: after.total_seconds()},
    }
    return Summary(**facts | more)


def test_how_they_ended_and_how_long_it_took() -> None:
    ends = [State.COMPLETED] * 3 + [State.ROLLED_BACK, State.KILLED, State.ABORTED]
    told = trends([a_summary(state, (place + 1) * HOUR) for place, state in enumerate(ends)])
    assert (told.count, told.ended[State.COMPLETED], told.ended[State.ABORTED]) == (6, 3, 1)
    assert told.good == 3 / 5
    assert (told.took.median, told.took.longest, told.took_down.median) == (2 * HOUR, 3 * HOUR, 4.5 * HOUR)


def test_what_is_live_or_was_only_observed_is_not_counted() -> None:
    live = a_summary(State.BAKING, ended_at=None)
    assert trends([live, a_summary(State.OBSERVED), a_summary(mode="observe")]).count == 1 - 1
    assert trends([]).good is None


def test_the_ninetieth_percentile_is_the_smallest_that_nine_tenths_do_not_exceed() -> None:
    assert lengths([minutes * M for minutes in range(1, 11)]).p90 == 9 * M
    assert lengths([5 * M]).p90 == 5 * M


@settings(max_examples=40, deadline=None)
@given(some.lists(some.integers(0, 900), min_size=1, max_size=60))
def test_periods_are_whole_weeks_without_gaps_and_hold_every_rollout(days: list[int]) -> None:
    told = trends([a_summary(start=day * DAY) for day in days])
    assert sum(sum(period.ended.values()) for period in told.periods) == len(days)
    assert len(told.periods) <= BARS
    assert {period.since.weekday() for period in told.periods} == {0}
    steps = {after.since - before.since for before, after in zip(told.periods, told.periods[1:], strict=False)}
    assert steps <= {told.period}


def test_why_they_came_down_is_ranked_and_what_persons_wrote_is_not_told_apart() -> None:
    errors = Cause(kind="condition", what="errors > 5%")
    told = trends(
        [
            a_summary(State.ROLLED_BACK, causes=(errors, Cause(kind="condition", what="queue > 500"))),
            a_summary(State.ROLLED_BACK, causes=(errors,)),
            a_summary(State.KILLED, causes=(Cause(kind="person", what="Ana panicked"),)),
            a_summary(State.KILLED, causes=(Cause(kind="person", what="customers complain"),)),
        ]
    )
    assert [(reason.kind, reason.what, reason.count) for reason in told.reasons] == [
        ("condition", "errors > 5%", 2),
        ("person", "", 2),
        ("condition", "queue > 500", 1),
    ]


def test_false_alarms_and_overrides_are_counted_by_condition() -> None:
    alarm = Alarm(number=3, kind="rolled_back", at=START, conditions=("errors > 5%",))
    mark = FalseAlarm(number=9, of=3, kind="rolled_back", by="U0BEN", at=START, reason="", conditions=("errors > 5%",))
    word = Judged(
        place=1,
        kind="verdict",
        by="U0CLEO",
        at=START,
        weight=1,
        reason="",
        conditions=("errors < 2%",),
        outcome=Outcome.RIGHT,
        because="ended_well",
        computed=Outcome.RIGHT,
    )
    told = trends([a_summary(alarms=(alarm,), false_alarms=(mark,)), a_summary(alarms=(alarm,), overrides=(word,))])
    by_condition = {each.condition: each for each in told.conditions}
    assert (by_condition["errors > 5%"].fired, by_condition["errors > 5%"].false) == (2, 1)
    assert by_condition["errors < 2%"].overruled == {Outcome.RIGHT: 1}
    assert (told.overrides[Outcome.RIGHT], told.false_alarms) == (1, 1)
    assert "U0" not in str(told)


def test_shares_of_time_and_who_was_waited_for() -> None:
    wait = Wait(kind="gate", since=START, until=START + 42 * M, of=("@sre-leads",), ended="approved")
    spent = {Phase.BAKING: 600.0, Phase.WAITING: 300.0, Phase.HELD: 100.0}
    told = trends([a_summary(spent_s=spent, waits=(wait,), blind_s=360.0)])
    assert told.shares == {Phase.BAKING: 0.6, Phase.WAITING: 0.3, Phase.HELD: 0.1}
    assert (told.for_people, told.blind) == (0.4, 0.1)
    assert [(each.whom, each.lengths.median) for each in told.waited] == [("@sre-leads", 42 * M)]


def test_from_the_breach_that_perch_acted_on_to_weight_0() -> None:
    breach = a_verdict(9, "breach", a_line("errors > 5%", "trigger"))
    down = a_record(9, "rolling_back", State.ROLLING_BACK)
    over = a_record(9.5, "rolled_back", State.ROLLED_BACK, weight=0.0)
    assert to_zero([breach, down, over]) == 30.0
    assert to_zero([breach, a_record(9, "rolling_back", State.ROLLING_BACK, "U0BEN"), over]) is None
    assert to_zero([breach, down, a_record(9.5, "rolled_back", State.HELD, weight=10.0)]) is None


def test_time_without_data_ends_with_the_next_verdict_or_the_end() -> None:
    records = [a_verdict(2, "no_data"), a_verdict(5, "pass"), a_verdict(8, "no_data")]
    assert blind(a_rollout(state=State.BAKING), records, START + 10 * M) == 5 * M
    assert blind(a_rollout(state=State.ABORTED, ended_at=START + 9 * M), records, START + 60 * M) == 4 * M


def test_an_end_that_nobody_timed_is_that_of_the_last_record() -> None:
    """The first version left it out where nothing had moved; such a rollout must not be summed up for ever."""
    over = a_rollout(state=State.ABORTED, started_at=START)
    assert summed_up(over, None, [a_record(3, "aborted", State.ABORTED)], START + HOUR).ended_at == START + 3 * M
    assert summed_up(over, None, [], START + HOUR).ended_at == START
