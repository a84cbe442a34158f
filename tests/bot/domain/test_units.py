"""Units and weights: no bare number crosses a border."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import NotAWeight, UnitMismatch
from bot.domain.units import ZERO, Dimension, Unit, Weight, convert, parse_duration, spell_duration

PAIRS = [(one, other) for one in Unit for other in Unit]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_units_convert_inside_one_dimension_and_never_across(one: Unit, other: Unit) -> None:
    if one.dimension is other.dimension:
        assert convert(convert(42.0, one, other), other, one) == pytest.approx(42.0)
        return
    with pytest.raises(UnitMismatch) as mismatch:
        convert(42.0, one, other)
    assert other.value in mismatch.value.next_step


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (98, Unit.PERCENT, Unit.RATIO, 0.98),
        (0.5, Unit.RATIO, Unit.PERCENT, 50),
        (1500, Unit.MILLISECONDS, Unit.SECONDS, 1.5),
        (10, Unit.PER_MINUTE, Unit.PER_HOUR, 600),
        (3600, Unit.PER_HOUR, Unit.PER_SECOND, 1),
    ],
)
def test_a_conversion_means_the_same_amount(value: float, unit: Unit, to: Unit, expected: float) -> None:
    """R18: rate per second against per hour, ratio against percent."""
    assert convert(value, unit, to) == pytest.approx(expected)


def test_every_unit_has_a_dimension() -> None:
    assert {unit.dimension for unit in Unit} == set(Dimension)


@pytest.mark.parametrize(
    ("text", "percent"), [("1%", 1), ("12.5 %", 12.5), (" 100% ", 100), ("0%", 0), ("0.05%", 0.05)]
)
def test_a_weight_is_read_from_a_percentage(text: str, percent: float) -> None:
    assert Weight.parse(text) == Weight(percent)


@pytest.mark.parametrize("text", ["1", "0.01", "", "%", "101%", "-1%", "1.234%", "1 percent", "1%%", "1e1%", "NaN%"])
def test_all_else_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(NotAWeight) as refused:
        Weight.parse(text)
    assert "5%" in refused.value.next_step


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan"), float("inf")])
def test_a_weight_lies_between_0_and_100(percent: float) -> None:
    with pytest.raises(NotAWeight):
        Weight(percent)


@settings(max_examples=50, derandomize=True, database=None)
@given(st.integers(0, 10000), st.integers(0, 10000))
def test_weights_read_back_as_written_and_compare_as_numbers(one: int, other: int) -> None:
    left, right = Weight(one / 100), Weight(other / 100)
    assert Weight.parse(str(left)) == left
    assert (left < right) is (one < other)
    assert (left <= right) is (one <= other)
    assert left >= ZERO


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("200ms", timedelta(milliseconds=200)),
        ("1 h 30 m", timedelta(minutes=90)),
    ],
)
def test_durations_are_read_as_plans_spell_them(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "5", "m", "5 minutes", "-5m", "1h-30m", "5x"])
def test_what_is_no_duration_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="write it as 30s, 5m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(milliseconds=250), "250ms"),
        (timedelta(seconds=59.9), "1m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=1, hours=2, minutes=3), "1d2h"),
    ],
)
def test_durations_are_told_in_at_most_two_parts(span: timedelta, text: str) -> None:
    assert spell_duration(span) == text
