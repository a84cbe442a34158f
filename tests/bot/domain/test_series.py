"""M8: one of several series: by one rule for all sources, each judged by itself, the worst named. And M3, M11."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.checks import Facts, Moment, judge, tally
from bot.domain.conditions import About, Condition, Subject
from bot.domain.language.grammar import parse
from bot.domain.language.misread import Misread
from bot.domain.language.spelling import spell
from bot.domain.measurements import Measured, Missing, NoData
from bot.domain.plan import Metric
from bot.domain.readings import measure
from bot.domain.rollout import Line, Tally
from bot.domain.truth import truth
from bot.ports import Sample
from tests.builders import START, a_plan, a_stage

HOSTS = (("worker-1", 71.0), ("worker-3", 93.0), ("worker-2", 95.5), ("worker-4", 40.0))


def samples(*series: tuple[str, float]) -> tuple[Sample, ...]:
    return tuple(Sample(value, START, name) for name, value in series)


def metric(series: str, **more: Any) -> Metric:
    return Metric.model_validate({"source": "numbers", "unit": "percent", "series": series, **more})


def each(*series: tuple[str, float]) -> Facts:
    found = measure(metric("each"), samples(*series), START)
    return Facts(canary={"success": found, "seen": found})


@pytest.mark.parametrize(("series", "value", "name"), [("max", 95.5, "worker-2"), ("min", 40.0, "worker-4")])
def test_the_worst_of_several_is_named(series: str, value: float, name: str) -> None:
    found = measure(metric(series), samples(*HOSTS), START)
    assert isinstance(found, Measured)
    assert (found.value, found.series) == (value, name)


@pytest.mark.parametrize(
    ("text", "role", "holds", "value", "named"),
    [
        ("success < 90%", "hard", False, 95.5, "worker-2, worker-3"),
        ("success < 99%", "hard", True, 95.5, "worker-2"),
        ("success > 50%", "hard", False, 40.0, "worker-4"),
        ("success > 30%", "hard", True, 40.0, "worker-4"),
        ("success > 90%", "trigger", True, 95.5, "worker-2, worker-3"),
        ("success > 99%", "trigger", False, 95.5, "worker-2"),
        ("success < 50%", "trigger", True, 40.0, "worker-4"),
        ("success < 30%", "trigger", False, 40.0, "worker-4"),
    ],
)
def test_of_each_series_all_must_hold_and_one_is_enough_for_a_trigger(
    text: str, role: str, holds: bool, value: float, named: str
) -> None:
    """M8: any component over 90 %, any host over 2 %."""
    seen = truth(parse(text), a_plan(), each(*HOSTS), START, any_series=role == "trigger")
    assert (seen.holds, seen.value, seen.detail) == (holds, value, named)


def test_of_many_the_worst_three_are_named_and_the_others_counted() -> None:
    seen = truth(parse("success < 1%"), a_plan(), each(*((f"h{n}", float(n)) for n in range(1, 10))), START)
    assert seen.detail == "h9, h8, h7 +6"


def test_a_check_judges_each_series_in_both_roles() -> None:
    plan = a_plan(a_stage(promote_when=["success < 99%"], warn_unless=[], rollback_when=["success > 95%"]))
    check, _ = judge(plan, 0, each(*HOSTS), {}, Moment(START, START, timedelta(0), timedelta(minutes=1)))
    trigger, hard = check.lines
    assert (trigger.met, trigger.value, trigger.detail) == (True, 95.5, "worker-2")
    assert hard.met is True


def test_the_age_of_each_is_judged_and_a_time_ahead_of_ours_is_no_data() -> None:
    """M11: the worker seen longest ago; a clock that is ahead by seconds is none, by minutes it means nothing."""
    now = START.timestamp()
    facts = each(("w1", now - 30), ("w2", now - 300), ("w3", now + 5))
    seen = truth(parse("age_of(seen) < 2m"), a_plan(), facts, START)
    assert (seen.holds, seen.value, seen.detail) == (False, 300, "w2")
    ahead = truth(parse("age_of(seen) < 2m"), a_plan(), each(("w1", now - 30), ("w2", now + 61)), START)
    assert (ahead.holds, "ahead of ours" in ahead.detail) == (None, True)


def test_a_source_that_knows_why_it_has_nothing_is_read_as_the_plan_says() -> None:
    """`empty_is` works for a place in JSON and for NULL as it does for a series that isn't there."""
    nothing = NoData(Missing.EMPTY, "nothing stands at errors", START)
    alive = Measured(1.0, START)
    assert measure(metric("one"), nothing, START) == nothing
    assert measure(metric("one", empty_is=0, alive_when="chat"), nothing, START, alive=alive) == Measured(0, START)
    away = NoData(Missing.UNREACHABLE, "", START)
    assert measure(metric("one", empty_is=0, alive_when="chat"), away, START, alive=alive) == away


# ---- never decreases ------------------------------------------------------------------------------------------------


def told(*values: float | None) -> list[Line]:
    """What each of some checks says of `queue never decreases`."""
    plan = a_plan(a_stage(promote_when=["queue never decreases"], warn_unless=[], rollback_when=[]))
    lines: list[Line] = []
    tallies: dict[str, Tally] = {}
    for number, value in enumerate(values):
        now = START + timedelta(minutes=number)
        canary = {"queue": Measured(value, now) if value is not None else NoData(Missing.EMPTY, "", now)}
        tallies = tally(tallies, plan, canary)
        facts = Facts(canary=canary, tallies=tallies)
        check, _ = judge(plan, 0, facts, {}, Moment(now, START, timedelta(0), timedelta(minutes=1)))
        lines += check.lines
    return lines


def test_what_never_decreases_may_stand_still_and_miss() -> None:
    """M3: state transitions are forward-only. No data is neither, and what was before it is still known."""
    assert [line.met for line in told(5, 5, 7, None, 7)] == [True, True, True, None, True]
    assert [line.met for line in told(5, None, 4)] == [True, None, False]


def test_a_fall_stays_on_record_while_the_stage_lasts() -> None:
    lines = told(5, 3, 9, None)
    assert [line.met for line in lines] == [True, False, False, False]
    assert lines[-1].detail == "5 → 3 at 09:01:00 UTC"


def test_never_decreases_is_read_and_spelled() -> None:
    condition = parse("jobs never decreases after 10m")
    assert condition == Condition(
        "jobs never decreases after 10m",
        Subject(About.NEVER_DECREASES, "jobs"),
        after=timedelta(minutes=10),
    )
    assert spell(condition) == "jobs never decreases after 10m"
    for text in ("jobs never", "jobs never rises", "jobs never decreases > 5"):
        with pytest.raises(Misread):
            parse(text)


def test_a_deviation_from_the_reference_is_kept_with_the_line() -> None:
    """R5: saved as evidence with the actual value, what it was compared with, and how far off it is."""
    plan = a_plan(a_stage(promote_when=["success >= 7d ago - 5%"], warn_unless=[], rollback_when=[]))
    ago = {("success", timedelta(days=7)): Measured(87.0, START)}
    facts = Facts(canary={"success": Measured(82.0, START)}, ago=ago)
    check, _ = judge(plan, 0, facts, {}, Moment(START, START, timedelta(0), timedelta(minutes=1)))
    (line,) = check.lines
    assert (line.met, line.value, line.reference, line.deviation) == (False, 82.0, 87.0, -5.75)


def test_a_time_is_shown_as_one() -> None:
    from bot.wording.numbers import number

    assert number(datetime(2026, 11, 30, 8, 1, 2, tzinfo=UTC).timestamp(), "timestamp") == "2026-11-30 08:01:02 UTC"
