"""Numbers that never lie by rounding, times that each reader sees in their own zone, text that can't do harm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.rollout import Person
from bot.wording.sentences import code, joined, moment, number, plain, span, who
from tests.bot.wording.stories import NOW


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (6.2, "percent", "6.2%"),
        (99.951, "percent", "99.95%"),
        (99.9999, "percent", "99.9999%"),
        (0.0, "percent", "0%"),
        (1.4213, "seconds", "1.42 s"),
        (0.42, "seconds", "420 ms"),
        (12345.6, "count", "12,346"),
        (0.0621, "ratio", "0.0621"),
        (10, "per_minute", "10/min"),
        (1536 * 2**20, "bytes", "1.5 GiB"),
        (float("nan"), "percent", "not a number"),
        (None, "percent", "no data"),
    ],
)
def test_numbers_have_their_unit_and_sensible_digits(value: float | None, unit: str, shown: str) -> None:
    assert number(value, unit) == shown


def test_a_value_beside_its_threshold_gets_digits_enough_to_tell_them_apart() -> None:
    assert number(97.996, "percent", beside=98) == "97.996%"
    assert number(2.0004, "seconds", beside=2) == "2.0004 s"


@given(some.floats(-1e6, 1e6), some.floats(-1e6, 1e6))
def test_rounding_never_takes_a_value_over_its_threshold(value: float, threshold: float) -> None:
    """ "98% when it's 97.996" is how a wrong promotion gets approved."""
    shown = float(number(value, "count", beside=threshold).replace(",", ""))
    if abs(value - threshold) > 1e-4 * max(abs(value), 1):
        assert (shown > threshold) == (value > threshold)


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(seconds=3.21), "3.2 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(days=3, hours=4, minutes=9), "3 d 4 h"),
        (timedelta(0), "0 s"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_lengths_of_time_have_two_parts_at_most(length: timedelta, shown: str) -> None:
    assert span(length) == shown


def test_a_time_far_off_has_its_date() -> None:
    assert moment(NOW + timedelta(hours=1), NOW).endswith("^{time}|11:00 UTC>")
    assert moment(NOW + timedelta(days=2), NOW).endswith("|2026-03-04 10:00 UTC>")


def test_people_are_mentioned_and_programs_named() -> None:
    assert who(Person(id="U0ANA")) == "<@U0ANA>"
    assert who({"id": "U0ANA", "name": "ana"}) == "<@U0ANA>"
    assert who("S0123456") == "<!subteam^S0123456>"
    assert who("shell:root") == "root (from a shell)"
    assert who("perch") == "Perch"
    assert who("<!here>") == "&lt;!here&gt;"


@given(some.text())
def test_text_from_outside_has_no_markup_left_and_is_one_line(text: str) -> None:
    shown = plain(text)
    assert not {"<", ">"} & set(shown)
    assert len(shown.splitlines()) <= 1
    assert code(text).count("`") == 2


def test_long_lists_are_counted() -> None:
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(list("abcdefgh"), most=2) == "a, b and 6 more"
    assert joined([]) == ""
