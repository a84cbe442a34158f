"""Counters and buckets over pages (M2)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sources.metrics_page.counters import Series, increase, quantile
from adapters.sources.metrics_page.page import Labels, Point
from bot.ports import Nonsense

A: Labels = (("a", "1"),)
B: Labels = (("b", "1"),)


def pages(*counted: Mapping[Labels, float]) -> list[Series]:
    return [{labels: Point(value) for labels, value in page.items()} for page in counted]


@pytest.mark.parametrize(
    ("counted", "grown"),
    [
        ([{A: 5}], 0),
        ([{A: 5}, {A: 8}], 3),
        ([{A: 5}, {A: 8}, {A: 2}, {A: 4}], 7),
        ([{A: 5, B: 100}, {A: 6, B: 130}], 31),
        ([{A: 5}, {A: 5, B: 4}], 4),
        ([{A: 5}, {}, {A: 9}], 4),
        ([{A: 5}, {}, {A: 2}], 2),
    ],
    ids=["one page", "grows", "reset", "several", "appears", "away and back", "away and reset"],
)
def test_an_increase_handles_resets_and_series_that_come_and_go(
    counted: list[dict[Labels, float]], grown: float
) -> None:
    assert increase(pages(*counted)) == grown


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_counter_that_is_not_a_number_makes_the_increase_none(value: float) -> None:
    """Law 3: it isn't left out of the sum."""
    assert math.isnan(increase(pages({A: 1, B: value}, {A: 2, B: value})))


@given(st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=5), min_size=1, max_size=5))
def test_an_increase_is_what_was_counted_whatever_restarts_come_between(lives: list[list[int]]) -> None:
    """Each life counts up from 0 and is seen at its beginning."""
    seen, counted = [], 0
    for life in lives:
        total = 0
        seen.append({A: float(total)})
        for step in life:
            total += step
            counted += step
            seen.append({A: float(total)})
    assert increase(pages(*seen)) == counted


def test_a_quantile_lies_inside_its_bucket_as_prometheus_reckons() -> None:
    """promql/quantile.go: rank 90 of 100 is 40 of the 50 in (0.1, 1]."""
    counted: dict[Labels, float] = {(("le", "0.1"),): 50.0, (("le", "1"),): 100.0, (("le", "+Inf"),): 100.0}
    both = pages(dict.fromkeys(counted, 0.0), counted)
    assert quantile(0.9, both) == pytest.approx(0.1 + 0.9 * 40 / 50)
    assert quantile(0.25, both) == pytest.approx(0.05)


def test_a_quantile_above_all_finite_bounds_is_the_largest_of_them() -> None:
    counted: dict[Labels, float] = {(("le", "1"),): 1.0, (("le", "+Inf"),): 100.0}
    assert quantile(0.99, pages(dict.fromkeys(counted, 0.0), counted)) == 1.0


def test_buckets_of_several_series_are_added_up() -> None:
    counted: dict[Labels, float] = {
        (("le", "1"), ("path", "a")): 10.0,
        (("le", "1"), ("path", "b")): 30.0,
        (("le", "+Inf"), ("path", "a")): 10.0,
        (("le", "+Inf"), ("path", "b")): 30.0,
    }
    assert quantile(0.5, pages(dict.fromkeys(counted, 0.0), counted)) == pytest.approx(0.5)


def test_a_quantile_of_nothing_is_none() -> None:
    same: dict[Labels, float] = {(("le", "1"),): 5.0, (("le", "+Inf"),): 9.0}
    assert quantile(0.5, pages(same, same)) is None


@pytest.mark.parametrize("labels", [(A, B), ((("le", "1"),),), ((("le", "x"),), (("le", "+Inf"),))])
def test_what_are_no_buckets_is_nonsense(labels: tuple[Labels, ...]) -> None:
    counted = dict.fromkeys(labels, 1.0)
    with pytest.raises(Nonsense):
        quantile(0.5, pages(counted, counted))


@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=6),
    st.floats(0.01, 0.99),
)
def test_a_quantile_stays_between_0_and_the_largest_bound(counts: list[int], share: float) -> None:
    bounds = [*[str(2**number) for number in range(len(counts) - 1)], "+Inf"]
    cumulative: dict[Labels, float] = {
        (("le", le),): float(sum(counts[: place + 1])) for place, le in enumerate(bounds)
    }
    found = quantile(share, pages(dict.fromkeys(cumulative, 0.0), cumulative))
    assert (found is None) is (sum(counts) == 0)
    assert found is None or 0 <= found <= 2 ** (len(counts) - 2)
