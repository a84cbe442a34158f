"""Numbers over time: which way they go, how near they are to their limit, and what is left when they are thinned."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.trends import Direction, Point, direction, room, thinned

BEGAN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ODD = some.none() | some.floats(allow_nan=True, allow_infinity=True)


@given(some.lists(ODD, max_size=40))
def test_any_numbers_have_a_direction_or_none(values: list[float | None]) -> None:
    assert direction(values) in (None, *Direction)


@given(some.lists(some.floats(-1e6, 1e6), min_size=4, max_size=20))
def test_backwards_is_the_other_way(values: list[float]) -> None:
    other = {Direction.RISING: Direction.FALLING, Direction.FALLING: Direction.RISING}
    forth = direction(values)
    assert forth is not None
    assert direction(values[::-1]) == other.get(forth, forth)


def test_one_outlier_is_no_trend_and_a_slow_climb_is_one() -> None:
    assert direction([1, 1, 1, 9, 1, 1, 1, 1]) is Direction.STEADY
    assert direction([1, 1.02, 1.01, 1.04, 1.05, 1.05, 1.08, 1.1]) is Direction.RISING
    assert direction([100, 99.9, 99.8, None, 99.5, 99.1]) is Direction.FALLING
    assert direction([1, 2, 3]) is None


def test_room_is_what_is_left_on_the_way_to_the_limit() -> None:
    assert room(1.0, 4.0, above=False) == 0.75
    assert room(5.0, 4.0, above=False) < 0
    assert room(100.0, 95.0, above=True, unit="percent") == 1.0
    assert room(96.0, 95.0, above=True, unit="percent") == pytest.approx(0.2)
    assert math.isfinite(room(0.0, 0.0, above=False))
    assert math.isfinite(room(100.0, 100.0, above=True, unit="percent"))


@given(some.lists(some.none() | some.floats(-1e300, 1e300), max_size=300), some.integers(2, 40))
def test_thinning_keeps_order_and_both_extremes(values: list[float | None], most: int) -> None:
    points = [Point(BEGAN + timedelta(seconds=place), value) for place, value in enumerate(values)]
    kept = thinned(points, most)
    assert len(kept) <= most
    assert [point.at for point in kept] == sorted(point.at for point in kept)
    known = [value for value in values if value is not None]
    if known:
        assert {min(known), max(known)} <= {point.value for point in kept}
