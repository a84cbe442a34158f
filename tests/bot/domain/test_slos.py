"""SLOs: levels, the error budget, burn over one window and several, and what can't be known (R13, law 3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.badness import COVERED, of_events, of_measurements
from bot.domain.checks import Facts
from bot.domain.language.grammar import parse
from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.domain.objectives import NO_BUDGET, seen, seen_again, windows
from bot.domain.plan import Plan, Slo
from bot.domain.slos import Figure, SloLevel, SloSeen, allowed, badness, burn, left, level_of, together
from bot.domain.trends import Point
from bot.domain.truth import Truth, truth
from bot.domain.units import Unit
from tests.builders import MINUTE, START, Value, a_plan, a_stage, measured

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHARES = st.floats(0, 1)
BUDGETS = st.floats(0.0001, 1)
LEVELS = {"target": "99.9%", "warning": "99.5%", "critical": "99%"}


def an_slo(**changes: Any) -> Slo:
    return Slo.model_validate({"metric": "success", "target": "99.9%", "window": "30d", **changes})


def plan_with(*conditions: str, **slos: dict[str, Any]) -> Plan:
    defaults = {"metric": "success", "window": "30d", **LEVELS}
    stages = [a_stage(warn_unless=list(conditions))] if conditions else []
    return a_plan(*stages, slos={name: {**defaults, **each} for name, each in slos.items()})


def an_slo_seen(name: str = "toggle", left: Value = 50.0, level: SloLevel | None = SloLevel.PASS) -> SloSeen:
    budget = Figure(value=left) if left is not None else Figure(missing="timeout: no answer in 5 s")
    return SloSeen(name=name, target="99.9%", window=timedelta(days=30), unit="percent", budget=budget, level=level)


def holds(text: str, *slos: SloSeen) -> Truth:
    plan = plan_with(**{each.name: {} for each in slos})
    return truth(parse(text), plan, Facts(canary={}, slos={each.name: each for each in slos}), START)


# ---- levels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "level"),
    [(100.0, "pass"), (99.9, "pass"), (99.89, "warning"), (99.5, "warning"), (99.0, "critical"), (98.99, "violated")],
)
def test_an_slo_has_the_best_level_that_its_value_keeps(value: float, level: str) -> None:
    assert level_of(an_slo(**LEVELS), value, Unit.PERCENT) == level


@pytest.mark.parametrize(("seconds", "level"), [(1.5, "pass"), (1.6, "warning"), (1.9, "critical"), (2.1, "violated")])
def test_what_is_at_most_a_limit_is_judged_in_the_metrics_unit(seconds: float, level: str) -> None:
    """001: `toggle_latency_p99: {target: 1500ms}`, asked in seconds."""
    slo = an_slo(metric="latency", target="<= 1500ms", warning="<= 1800ms", critical="<= 2s")
    assert level_of(slo, seconds, Unit.SECONDS) == level


@pytest.mark.parametrize(("value", "level"), [(0.5, "pass"), (1.0, "violated")])
def test_less_than_means_less_than(value: float, level: str) -> None:
    """001: `packet_loss_rate: {target: <1%}`; without further levels a missed target is violated."""
    assert level_of(an_slo(metric="errors", target="<1%"), value, Unit.PERCENT) == level


@given(st.floats(90, 100), st.floats(90, 100))
def test_a_better_value_never_has_a_worse_level(one: float, other: float) -> None:
    order, slo = list(SloLevel), an_slo(**LEVELS)
    worse, better = sorted((one, other))
    assert order.index(level_of(slo, better, Unit.PERCENT)) <= order.index(level_of(slo, worse, Unit.PERCENT))


# ---- budget and burn ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slo", "budget"),
    [
        (an_slo(), 0.001),
        (an_slo(metric="errors", target="< 1%"), 0.01),
        (an_slo(target="100%"), 0.0),
        (an_slo(metric="latency", target="<= 1500ms"), None),
        (an_slo(metric="latency", target="<= 1500ms", error_budget="1%"), 0.01),
        (an_slo(metric="memory", target="< 90%"), None),
        (an_slo(metric="memory", target="< 90%", error_budget="1%"), 0.01),
    ],
)
def test_the_budget_is_what_the_target_allows_to_go_wrong(slo: Slo, budget: float | None) -> None:
    assert allowed(slo) == (budget if budget is None else pytest.approx(budget))


def test_the_numbers_of_the_workbook() -> None:
    """Chapter 5: at a 14.4 times burn of 99.9 % over 30 days an hour takes 2 % of the budget, which lasts 50 hours."""
    budget = 0.001
    rate = burn(0.0144, budget)
    assert rate == pytest.approx(14.4)
    assert rate * (HOUR / timedelta(days=30)) == pytest.approx(0.02)
    assert left(0.0005, budget) == 50.0


@given(SHARES, BUDGETS)
def test_a_budget_is_between_none_and_all_of_it(bad: float, budget: float) -> None:
    assert 0.0 <= left(bad, budget) <= 100.0
    assert (left(bad, budget) <= 0) is (bad >= budget * (1 - 1e-8))
    assert burn(bad, budget) >= 0


@given(SHARES, SHARES, BUDGETS)
def test_the_more_is_bad_the_less_is_left_and_the_faster_it_burns(one: float, other: float, budget: float) -> None:
    less, more = sorted((one, other))
    assert left(less, budget) >= left(more, budget)
    assert burn(less, budget) <= burn(more, budget)


@given(SHARES, SHARES, SHARES)
def test_a_longer_window_of_the_same_hours_burns_at_their_mean(one: float, other: float, budget: float) -> None:
    """Burn is linear: two halves of a window burn as their mean does."""
    budget = max(budget, 0.001)
    assert burn((one + other) / 2, budget) == pytest.approx((burn(one, budget) + burn(other, budget)) / 2)


FIGURES = st.builds(Figure, value=st.floats(0, 1000)) | st.just(Figure(missing="x"))


@given(st.lists(FIGURES, min_size=1, max_size=4), st.floats(0, 1000))
def test_over_several_windows_burn_is_high_only_where_it_is_high_over_each(burns: list[Figure], limit: float) -> None:
    """The workbook's multi-window alert; and it's unknown where one of them is."""
    found = together(burns)
    values = [each.value for each in burns]
    if None in values:
        assert (found.value, found.missing) == (None, "x")
    else:
        assert found.value is not None
        assert (found.value > limit) is all(value is not None and value > limit for value in values)


@given(st.floats(0, 100), st.sampled_from(["99.9%", "< 1%", "99%"]))
def test_badness_is_a_share_and_its_mirror(value: float, target: str) -> None:
    bad = badness(an_slo(target=target), value, Unit.PERCENT)
    assert 0 <= bad <= 1
    assert bad == pytest.approx(value / 100 if target.startswith("<") else 1 - value / 100)
    assert badness(an_slo(target=target), value / 100, Unit.RATIO) == pytest.approx(bad)


def test_how_full_something_is_is_no_share_of_errors() -> None:
    """Memory at 60 % isn't 60 % bad; with a budget of the time it's bad when it misses its target."""
    slo = an_slo(metric="memory", target="< 90%", error_budget="1%")
    assert [badness(slo, value, Unit.PERCENT) for value in (60.0, 89.9, 90.0)] == [0.0, 0.0, 1.0]
    loss = an_slo(metric="errors", target="< 1%", error_budget="1%")
    assert badness(loss, 0.5, Unit.PERCENT) == 0.005


# ---- events ---------------------------------------------------------------------------------------------------------


def count(value: float) -> Measurement:
    return Measured(value, START)


def test_bad_events_are_those_that_are_not_good() -> None:
    assert of_events(count(999), count(1000), START) == pytest.approx(0.001)
    assert of_events(count(1000.4), count(1000), START) == 0.0


@pytest.mark.parametrize(
    ("good", "total", "why"),
    [
        (count(0), count(0), "empty: no events in this window"),
        (count(1100), count(1000), "garbage: 1100 good of 1000 can't be"),
        (count(-1), count(1000), "garbage: -1 good of 1000 can't be"),
        (NoData(Missing.TIMEOUT, "no answer in 5 s", START), count(1), "timeout: good: no answer in 5 s"),
        (count(1), NoData(Missing.EMPTY, "no such series", START), "empty: total: no such series"),
    ],
)
def test_what_was_not_counted_is_no_data(good: Measurement, total: Measurement, why: str) -> None:
    """Law 3: no traffic isn't all good, and neither is half an answer."""
    assert str(of_events(good, total, START)) == why


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_bad_share_of_events_is_a_share(good: int, bad: int) -> None:
    found = of_events(count(good), count(good + bad), START)
    if good + bad:
        assert found == pytest.approx(bad / (good + bad), abs=1e-9)
    else:
        assert isinstance(found, NoData)


# ---- measurements ---------------------------------------------------------------------------------------------------


def points(*values: Value, each: timedelta = MINUTE) -> list[Point]:
    """One after the other, the last one now."""
    return [Point(START - each * (len(values) - 1 - number), value) for number, value in enumerate(values)]


def test_measurements_count_by_the_time_that_they_stand_for() -> None:
    assert of_measurements(an_slo(), Unit.PERCENT, points(*[100.0] * 30, *[99.0] * 30), HOUR, MINUTE, START) == (
        pytest.approx(0.005)
    )


def test_what_is_no_share_is_bad_for_as_long_as_it_misses_its_target() -> None:
    slo = an_slo(metric="latency", target="<= 1500ms", error_budget="1%")
    found = of_measurements(slo, Unit.SECONDS, points(*[1.0] * 54, *[9.0] * 6), HOUR, MINUTE, START)
    assert found == pytest.approx(0.1)


@pytest.mark.parametrize(("minutes", "known"), [(29, False), (30, True), (60, True)])
def test_less_than_half_of_a_window_is_no_data(minutes: int, known: bool) -> None:
    """Law 3: of what nobody looked at, nobody knows whether it was good."""
    assert COVERED == 0.5
    found = of_measurements(an_slo(), Unit.PERCENT, points(*[100.0] * minutes), HOUR, MINUTE, START)
    assert found == 0.0 if known else str(found) == "too few samples: 29m of 1h were measured"


def test_times_without_data_and_before_the_window_count_for_nothing() -> None:
    old = [Point(START - 3 * HOUR, 0.0)]
    lately = points(*[100.0] * 40, *[None] * 20)
    assert of_measurements(an_slo(), Unit.PERCENT, [*old, *lately], HOUR, MINUTE, START) == 0.0
    none = of_measurements(an_slo(), Unit.PERCENT, points(*[None] * 60), HOUR, MINUTE, START)
    assert isinstance(none, NoData)


@given(st.lists(st.none() | st.floats(0, 100), max_size=90))
def test_whatever_was_measured_gives_a_share_or_no_data(values: list[float | None]) -> None:
    found = of_measurements(an_slo(), Unit.PERCENT, points(*values), HOUR, MINUTE, START)
    assert isinstance(found, NoData) or 0 <= found <= 1


# ---- all of a plan's ------------------------------------------------------------------------------------------------


def test_a_check_sees_level_budget_and_burn_of_each_slo() -> None:
    plan = plan_with("burn(toggle, 1h, 5m) < 14.4", toggle={})
    spent = {"toggle": {timedelta(days=30): 0.0005, HOUR: 0.002, timedelta(minutes=5): 0.0}}
    [toggle] = seen(plan, measured({"success": 99.95}), spent, START).values()
    assert (toggle.level, toggle.actual.value, toggle.budget.value) == (SloLevel.PASS, 99.95, 50.0)
    assert {window: each.value for window, each in toggle.burns.items()} == {"1h": pytest.approx(2.0), "5m": 0.0}
    assert windows(plan, "toggle") == (timedelta(days=30), HOUR, timedelta(minutes=5))


def test_an_slo_of_events_is_judged_by_its_window() -> None:
    asked = {"metric": None, "source": "numbers", "good": "a[$window]", "total": "b[$window]"}
    plan = plan_with(toggle=asked)
    [toggle] = seen(plan, {}, {"toggle": {timedelta(days=30): 0.004}}, START).values()
    assert (toggle.actual.value, toggle.level, toggle.budget.value) == (99.6, SloLevel.WARNING, 0.0)
    assert toggle.burns["1h"].missing == "not asked"


def test_what_is_not_measured_has_no_level_and_no_budget() -> None:
    gone = NoData(Missing.TIMEOUT, "no answer in 5 s", START)
    [toggle] = seen(plan_with(toggle={}), {"success": gone}, {"toggle": {timedelta(days=30): gone}}, START).values()
    assert (toggle.level, toggle.budget.value, toggle.exhausted) == (None, None, False)
    assert toggle.actual.missing == toggle.budget.missing == "timeout: no answer in 5 s"


def test_a_target_that_leaves_no_budget_is_never_used_up() -> None:
    [toggle] = seen(plan_with(toggle={"target": "100%"}), {}, {"toggle": {timedelta(days=30): 0.5}}, START).values()
    assert (toggle.budget.missing, toggle.exhausted) == (NO_BUDGET, False)


def test_who_merely_looks_is_shown_the_budget_of_the_last_check_and_the_level_of_now() -> None:
    """A snapshot asks no source about a month."""
    [toggle] = seen_again(plan_with(toggle={}), measured({"success": 98.0}), [an_slo_seen()], START).values()
    assert (toggle.budget.value, toggle.level) == (50.0, SloLevel.VIOLATED)


# ---- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left_", "expected"), [(50.1, True), (50.0, False), (0.0, False), (None, None)])
def test_a_condition_on_a_budget(left_: Value, expected: bool | None) -> None:
    found = holds("budget(toggle) > 50%", an_slo_seen(left=left_))
    assert (found.holds, found.value, found.threshold) == (expected, left_, 50.0)


@pytest.mark.parametrize(
    ("hour", "minutes", "expected"),
    [(20.0, 15.0, True), (20.0, 1.0, False), (1.0, 20.0, False), (20.0, None, None), (None, 0.0, None)],
)
def test_a_condition_on_burn_over_two_windows(hour: Value, minutes: Value, expected: bool | None) -> None:
    """A short blip doesn't matter, and what is long over neither; unmeasured is neither."""
    burns = {"1h": Figure(value=hour), "5m": Figure(value=minutes)}
    slo = an_slo_seen().model_copy(update={"burns": burns})
    assert holds("burn(toggle, 1h, 5m) > 14.4", slo).holds is expected
    assert holds("burn(toggle, 1h, 5m) <= 14.4", slo).holds is (None if expected is None else not expected)


_P, _W, _C, _V, _N = SloLevel.PASS, SloLevel.WARNING, SloLevel.CRITICAL, SloLevel.VIOLATED, None


@pytest.mark.parametrize(
    ("levels", "all_pass", "no_fails", "violated"),
    [
        ([_P, _P], True, True, False),
        ([_P, _W], False, True, False),
        ([_P, _C], False, False, False),
        ([_P, _V], False, False, True),
        ([_P, _N], None, None, None),
        ([_W, _N], False, None, None),
        ([_V, _N], False, False, True),
        ([_N, _N], None, None, None),
    ],
)
def test_the_phrases_about_all_slos(
    levels: list[SloLevel | None], all_pass: bool | None, no_fails: bool | None, violated: bool | None
) -> None:
    """000: all in "pass" or "warning", no "fail". Law 3: what isn't measured never passes."""
    slos = [an_slo_seen(f"slo_{number}", level=level) for number, level in enumerate(levels)]
    assert holds("all slos pass", *slos).holds is all_pass
    assert holds("no slo fails", *slos).holds is no_fails
    assert holds("slos violated", *slos).holds is violated


@given(st.lists(st.sampled_from([_P, _W, _C, _V, _N]), min_size=1, max_size=5))
def test_all_slos_never_pass_with_one_that_is_missed_or_unmeasured(levels: list[SloLevel | None]) -> None:
    slos = [an_slo_seen(f"slo_{number}", level=level) for number, level in enumerate(levels)]
    assert (holds("all slos pass", *slos).holds is True) is all(level is _P for level in levels)
    assert (holds("slos violated", *slos).holds is True) is (_V in levels)


def test_the_phrase_names_what_is_not_well() -> None:
    found = holds("all slos pass", an_slo_seen("jobs", level=_W), an_slo_seen("yields", level=_P))
    assert (found.holds, found.detail) == (False, "jobs warning")


@pytest.mark.parametrize("text", ["all slos pass", "no slo fails", "slos violated", "budget(jobs) < 5%"])
def test_slos_that_were_not_asked_are_no_data(text: str) -> None:
    found = truth(parse(text), plan_with(jobs={}), Facts(canary={}), START)
    assert (found.holds, found.detail) == (None, "not asked")
