"""R23: values that differ per environment."""

from __future__ import annotations

import pytest

from bot.domain.language.misread import Misread
from bot.domain.planning.environments import only_for


@pytest.mark.parametrize(
    ("text", "environment", "left"),
    [
        ("10s @production, 8s @lab", "lab", "8s"),
        ("latency < 10s @production, 8s @lab for 5m", "lab", "latency < 8s for 5m"),
        ("latency < 10s @production, 8s @lab for 5m", "production", "latency < 10s for 5m"),
        ("burn(slo, 1h) < 14.4 @production, 6 @lab", "lab", "burn(slo, 1h) < 6"),
        ("x <= baseline + 10% @production, baseline + 20% @lab", "lab", "x <= baseline + 20%"),
        ("latency < 10s", "lab", "latency < 10s"),
    ],
)
def test_the_value_of_the_environment_is_left(text: str, environment: str, left: str) -> None:
    assert " ".join(only_for(text, environment).split()) == left


def test_what_is_left_stays_where_it_was() -> None:
    text = "latency < 10s @production, 8s @lab for 5m"
    kept = only_for(text, "lab")
    assert len(kept) == len(text)
    assert kept.index("8s") == text.index("8s")
    assert kept.index("for") == text.index("for")


@pytest.mark.parametrize(
    ("text", "what", "offset"),
    [
        ("x < 10s @field, 8s @site", "no value for 'lab', only for field, site", 8),
        ("x < 10s, 8s @lab", "each value needs its environment", 3),
        ("x < @lab", "a value is missing before '@'", 4),
        ("x < 10s @field 8s @lab", "a comma is expected between the values", 15),
    ],
)
def test_a_missing_or_misspelt_value_is_a_mistake(text: str, what: str, offset: int) -> None:
    with pytest.raises(Misread) as caught:
        only_for(text, "lab")
    assert (caught.value.what, caught.value.offset) == (what, offset)


def test_a_value_outside_a_plan_cannot_differ() -> None:
    with pytest.raises(Misread, match="this value can't differ by environment"):
        only_for("10s @production", "")
