"""Weights, values and places in JSON as far sides write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.placeholders import fill, names_in, of_weight, spelled
from adapters.traffic.values import Missing, Share, Standing, at, weight_in
from bot.domain.units import Weight
from bot.ports import Nonsense

WEIGHTS = st.integers(0, 10_000).map(lambda hundredths: Weight(hundredths / 100))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(weight=WEIGHTS, share=st.sampled_from(Share))
def test_a_weight_survives_being_written_and_read(weight: Weight, share: Share) -> None:
    number = of_weight(weight)[share]
    assert weight_in(number, share) == weight
    assert weight_in(spelled(number), share) == weight
    assert "e" not in spelled(number), "no far side has to read 1e-4"


@given(weight=WEIGHTS)
def test_what_is_left_for_the_stable_side_makes_a_whole(weight: Weight) -> None:
    numbers = of_weight(weight)
    assert round(numbers["percent"] + numbers["rest"], 6) == 100
    assert weight_in(spelled(numbers["rest"]), Share.PERCENT) == Weight(round(100 - weight.percent, 2))


@pytest.mark.parametrize(("value", "percent"), [("10", 10), (" 10 % ", 10), ("0.5", 0.5), (100.0, 100), ("1e1", 10)])
def test_texts_of_numbers_are_read(value: Any, percent: float) -> None:
    assert weight_in(value, Share.PERCENT) == Weight(percent)


@pytest.mark.parametrize("value", ["10%", 1.01, -0.1, float("nan"), float("inf"), "", "0,5", False])
def test_what_is_no_fraction_is_nonsense(value: Any) -> None:
    with pytest.raises(Nonsense):
        weight_in(value, Share.FRACTION)


@given(value=JSON)
def test_what_stood_there_survives_as_text(value: Any) -> None:
    standing = Standing(value)
    assert Standing.from_text(standing.to_text()) == standing
    assert standing.to_text().isascii()


def test_nothing_stood_there_is_not_the_same_as_null() -> None:
    assert Standing.from_text(Standing(absent=True).to_text()) != Standing.from_text(Standing(None).to_text())


@pytest.mark.parametrize(("one", "other"), [(0, "0"), (True, "true"), (1.0, 1), ("off", "off")])
def test_the_same_value_in_other_clothes_is_the_same(one: Any, other: Any) -> None:
    assert spelled(one) == spelled(other)


@pytest.mark.parametrize(("one", "other"), [(0, False), (1, True), (None, ""), ("False", False)])
def test_different_values_stay_different(one: Any, other: Any) -> None:
    assert spelled(one) != spelled(other)


def test_a_place_goes_through_objects_and_lists() -> None:
    tree = {"a": {"b": [{"c": 7}]}}
    assert at(tree, ("a", "b", "0", "c")) == 7
    for path in (("a", "x"), ("a", "b", "1"), ("a", "b", "-1"), ("a", "b", "0", "c", "d")):
        with pytest.raises(Missing):
            at(tree, path)


def test_only_single_braced_names_are_placeholders() -> None:
    texts = ["{percent}", "{{percent}}", "${PERCENT}", "{.spec.x}", "{1,2}", '{"a": 1}', "{end}", "x{former}y"]
    assert names_in(texts) == {"percent", "former"}
    assert fill(["{{percent}}", "${percent}", "{percent}"], {"percent": 1}) == ["{{percent}}", "${percent}", 1]
