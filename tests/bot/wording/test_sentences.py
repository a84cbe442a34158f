"""Numbers that never lie by rounding, times that each reader sees in their own zone, text that can't do harm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.rollout import Person
from bot.wording.numbers import against, number, room_left
from bot.wording.remarks import remark, shortly
from bot.wording.sentences import code, joined, moment, plain, prose, span, spoken, took, who
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
        (5.72, "count", "6"),
        (0.3, "count", "0.3"),
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


def test_what_nobody_saw_take_time_took_under_a_second() -> None:
    assert took(timedelta(0)) == "in under 1 s"
    assert took(timedelta(seconds=12)) == "in 12 s"


@pytest.mark.parametrize(
    ("value", "limit", "unit", "shown"),
    [
        (28.7, 5, "seconds", "5.7× the limit of 5 s"),
        (1.42, 1.21, "seconds", "17% over the limit of 1.21 s"),
        (6.2, 5, "percent", "1.2 pp over the limit of 5%"),
        (88, 90, "percent", "2 pp under the limit of 90%"),
        (1.2101, 1.21, "seconds", "just over the limit of 1.21 s"),
        (3, 0, "count", "over the limit of 0"),
        (2, 2, "percent", "at the limit of 2%"),
    ],
)
def test_a_margin_says_how_far_off(value: float, limit: float, unit: str, shown: str) -> None:
    assert against(value, limit, unit) == shown


@pytest.mark.parametrize(
    ("value", "limit", "unit", "shown"),
    [
        (0.41, 0.6, "seconds", "32% under 600 ms"),
        (99.9, 95, "percent", "4.9 pp over 95%"),
        (60, 20, "per_minute", "3× 20/min"),
        (0, 0, "count", "at 0"),
        (3, 0, "count", "over 0"),
        (1.2, 1.2001, "seconds", "under 1.2 s"),
    ],
)
def test_a_good_margin_is_said_in_few_words(value: float, limit: float, unit: str, shown: str) -> None:
    assert room_left(value, limit, unit) == shown


def test_a_target_keeps_host_and_last_name_of_a_long_address() -> None:
    """T9: a kill's outcomes are read on a phone."""
    assert shortly("http http://api:80/internal/kill/jobs engaged") == "http api:80/…/jobs engaged"
    assert shortly("redis flag at cache:6379") == "redis flag at cache:6379"
    assert shortly("http https://api/flags percent") == "http https://api/flags percent"


def test_a_notification_has_no_marks_of_markup() -> None:
    said = "*Bold* at <!date^1^{time}|10:00 UTC>: `x < 1`, see <https://x.example|the board>, <@U1>"
    assert spoken(said) == "Bold at 10:00 UTC: x < 1, see the board, <@U1>"
    assert spoken("2 * 3 * 4 and a*b*c") == "2 * 3 * 4 and a*b*c"


def test_lines_become_sentences_and_commands_stay_ready_to_copy() -> None:
    assert prose(["One", "*Two:*", "", "three.", "`/canary list`"]) == "One. *Two:* three. `/canary list`"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{component="database"}', "database"),
        ('{__name__="up",job="denis",pod="p-1"}; true for 240 s', "p-1; true for 4 min"),
        ("too few samples: 1.09092 of 5", "too few samples: 1 of 5"),
        ("too few samples: 4.99 of 5", "too few samples: 4 of 5"),
        ("status 200 in 0.00 s", "200 in under 10 ms"),
        ("status 503 in 0.12 s", "503 in 120 ms"),
        ("status 200 in 2.5 s", "200 in 2.5 s"),
        ("a {broken thing} <here>", "a {broken thing} &lt;here&gt;"),
    ],
)
def test_a_sources_remark_is_put_in_peoples_words(text: str, shown: str) -> None:
    assert remark(text) == shown


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
