"""Ticks are round, and the scale shows the values and the limits that are near."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wording.report.axes import Scale, moments, scale_of, ticks
from bot.wording.report.pieces import Figure, Limit
from bot.wording.report.svg import drawn
from tests.builders import START

END = START + timedelta(hours=4)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def a_figure(values: list[float], *limits: float, unit: str = "seconds") -> Figure:
    step = (END - START) / max(len(values), 1)
    run = [(START + step * place, value) for place, value in enumerate(values)]
    named = tuple(Limit("hard", value, f"limit {value:g}", START, END, "above") for value in limits)
    return Figure("latency", unit, "told", "told", START, END, (run,), named)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 10, [0, 2.5, 5, 7.5, 10]), (0.13, 0.52, [0.2, 0.3, 0.4, 0.5]), (97.2, 100.4, [98, 99, 100]), (5, 5, [5])],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(Scale(low, high)) == expected


def test_counts_have_whole_ticks_and_percentages_end_at_100() -> None:
    assert ticks(Scale(0, 2), "count") == [0, 1, 2]
    assert ticks(Scale(80, 106), "percent") == [80, 90, 100]


@settings(max_examples=80, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=6), st.lists(NUMBERS, max_size=3))
def test_whatever_was_measured_can_be_drawn(values: list[float], limits: list[float]) -> None:
    """Sources send anything: huge, tiny, all the same."""
    figure = a_figure(values, *limits)
    scale = scale_of(figure)
    assert all(scale.holds(value) for value in values)
    assert len(ticks(scale)) <= 6
    shown = drawn(figure, None)
    assert "nan" not in shown
    assert "inf" not in shown


def test_a_limit_near_the_values_is_drawn_and_one_far_away_is_named_at_the_edge() -> None:
    assert scale_of(a_figure([1.0, 2.0], 3.0)).high > 3
    far = a_figure([1.0, 2.0], 3.0, 5000.0)
    assert scale_of(far).high < 10
    assert "↑ limit 5000" in drawn(far, None)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(seconds=20), "09:00:05"),
        (timedelta(minutes=25), "09:05"),
        (timedelta(hours=4), "10:00"),
        (timedelta(days=2), "03-02 12:00"),
        (timedelta(days=10), "03-04"),
    ],
)
def test_moments_are_round_times_of_day(length: timedelta, expected: str) -> None:
    shown = [text for _, text in moments(START, START + length, UTC)]
    assert expected in shown
    assert 2 <= len(shown) <= 7


def test_hours_stay_round_over_a_change_to_summer_time() -> None:
    """2026-03-29 in Madrid: 02:00 becomes 03:00."""
    begin = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    shown = [text for _, text in moments(begin, begin + timedelta(hours=5), ZoneInfo("Europe/Madrid"))]
    assert shown[0].endswith(":00")
    assert all(text.endswith(":00") for text in shown)
    ats = [at for at, _ in moments(begin, begin + timedelta(hours=5), ZoneInfo("Europe/Madrid"))]
    assert ats == sorted(ats)


def test_a_value_alone_is_a_dot_and_a_figure_says_its_numbers() -> None:
    shown = drawn(a_figure([1.5]), None)
    assert "h0" in shown
    assert 'role="img"' in shown
    assert 'aria-label="told"' in shown
    assert "<title>told</title>" in shown
    assert math.isfinite(scale_of(a_figure([1.5])).high)
