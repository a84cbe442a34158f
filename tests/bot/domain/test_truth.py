"""Whether one condition holds: thresholds of every kind, and what can't be seen (R5, M11, law 3)."""

from datetime import timedelta

import pytest

from bot.domain.checks import Facts
from bot.domain.language.grammar import parse
from bot.domain.measurements import Measured
from bot.domain.rollout import Tally
from bot.domain.truth import Truth, truth
from tests.builders import START, Value, a_baseline, a_plan, measured


def holds(text: str, facts: Facts) -> Truth:
    return truth(parse(text), a_plan(), facts, START)


def on(text: str, **values: Value) -> Truth:
    return holds(text, Facts(canary=measured(values)))


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("success > 98%", 98.0, False),
        ("success >= 98%", 98.0, True),
        ("success < 98%", 98.0, False),
        ("success <= 98%", 98.0, True),
        ("queue == 0", 0.0, True),
        ("queue != 0", 0.0, False),
    ],
)
def test_a_comparison_means_what_it_says(text: str, value: float, expected: bool) -> None:
    name = text.split()[0]
    assert on(text, **{name: value}).holds is expected


def test_a_threshold_is_converted_to_the_unit_of_the_metric() -> None:
    assert on("latency < 1500ms", latency=1.4).holds is True
    assert on("latency < 1500ms", latency=1.6).holds is False
    seen = on("share > 98%", share=0.981)
    assert (seen.holds, seen.threshold) == (True, 0.98)


def test_no_data_neither_holds_nor_fails() -> None:
    assert on("success > 98%", success=None).holds is None
    assert on("success > 98%").detail == "not asked"


@pytest.mark.parametrize(("latency", "expected"), [(2.2, True), (2.21, False)])
def test_a_baseline_plus_ten_percent_is_relative(latency: float, expected: bool) -> None:
    facts = Facts(canary=measured({"latency": latency}), baselines={"latency": a_baseline(2.0)})
    seen = holds("latency <= baseline + 10%", facts)
    assert (seen.holds, seen.reference) == (expected, 2.0)
    assert seen.threshold == pytest.approx(2.2)


@pytest.mark.parametrize(("metric", "value", "base"), [("success", 94.0, 96.0), ("share", 0.94, 0.96)])
def test_points_are_added_and_not_multiplied(metric: str, value: float, base: float) -> None:
    """`pp`: 96 % - 3pp is 93 %, in percent and in ratio."""
    facts = Facts(canary=measured({metric: value}), baselines={metric: a_baseline(base)})
    assert holds(f"{metric} > baseline - 3pp", facts).holds is True
    assert holds(f"{metric} > baseline - 1pp", facts).holds is False


def test_a_baseline_that_could_not_be_taken_is_no_data_with_its_reason() -> None:
    facts = Facts(canary=measured({"latency": 2.0}), baselines={"latency": a_baseline(None)})
    assert holds("latency <= baseline + 10%", facts) == Truth(
        None, 2.0, holds("latency < 1s", facts).unit, detail="no baseline: median over 30m"
    )
    assert holds("latency <= baseline", Facts(canary=measured({"latency": 2.0}))).detail.endswith("not taken yet")


def test_stable_and_ago_compare_with_what_was_read_there() -> None:
    facts = Facts(
        canary=measured({"latency": 2.0}),
        stable=measured({"latency": 1.0}),
        ago={("latency", timedelta(days=7)): Measured(4.0, START)},
    )
    assert holds("latency < stable + 10%", facts).holds is False
    assert holds("latency < 7d ago - 5%", facts).holds is True


@pytest.mark.parametrize("text", ["latency < stable + 10%", "latency < 7d ago"])
def test_a_reference_that_was_not_read_is_no_data(text: str) -> None:
    assert on(text, latency=2.0).holds is None


@pytest.mark.parametrize(("age_s", "expected"), [(30, True), (180, False)])
def test_an_age_is_the_time_since_a_timestamp(age_s: float, expected: bool) -> None:
    assert on("age_of(seen) < 2m", seen=START.timestamp() - age_s).holds is expected


def test_clocks_that_differ_a_little_make_no_negative_age() -> None:
    """Shown as `age of worker_seen -73.5 ms`, it made people doubt the rest."""
    assert on("age_of(seen) < 2m", seen=START.timestamp() + 0.0735).value == 0


def test_a_timestamp_in_the_future_is_no_data_and_not_young_for_ever() -> None:
    """Milliseconds where seconds are meant would pass every such condition."""
    assert on("age_of(seen) < 2m", seen=START.timestamp() * 1000).holds is None
    assert on("age_of(seen) < 2m", seen=START.timestamp() + 5).holds is True
    assert on("age_of(seen) < 2m", seen=None).holds is None


@pytest.mark.parametrize(("value", "down", "up"), [(1.0, False, True), (0.0, True, False), (None, None, None)])
def test_a_probe_is_up_down_or_unknown(value: Value, down: bool | None, up: bool | None) -> None:
    assert on("chat down", chat=value).holds is down
    assert on("chat up", chat=value).holds is up


def test_availability_needs_at_least_one_probe() -> None:
    assert on("availability(chat) >= 99%", chat=1.0).holds is None
    facts = Facts(canary={}, tallies={"chat": Tally(good=999, total=1000)})
    assert holds("availability(chat) >= 99.9%", facts).holds is True


def test_what_this_version_cannot_measure_is_no_data() -> None:
    seen = on("check fails")
    assert seen.holds is None
    assert "can't be measured" in seen.detail
