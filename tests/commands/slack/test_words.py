"""How typed words are read, on whatever keyboard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.errors import BadRequest
from commands.slack.words import command, leading_duration, nearest, split, typed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("start materializers 1%", ("start", "materializers", "1%")),
        ('start x override="what was fixed" fix=T-1', ("start", "x", "override=what was fixed", "fix=T-1")),
        ("start x override=“what was fixed”", ("start", "x", "override=what was fixed")),
        ("reject x it's broken", ("reject", "x", ["it's", "broken"][0], "broken")),
        ("start x 1% reason='try it'", ("start", "x", "1%", "reason=try it")),
        ("start x ‘try it’", ("start", "x", "try it")),
        ("reject x it's the queue's fault", ("reject", "x", "it's", "the", "queue's", "fault")),
        ("kill x 'cause it's slow", ("kill", "x", "'cause", "it's", "slow")),
        ('hold x "never closed', ("hold", "x", "never closed")),
        ("  a\u00a0b  ", ("a", "b")),
        ("", ()),
    ],
)
def test_words_and_quotes(text: str, words: tuple[str, ...]) -> None:
    assert split(text) == words


@given(some.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    split(text)


def test_options_are_told_from_words_and_a_mistyped_one_is_corrected_in_place() -> None:
    said = typed("start", ("x", "1%", "version=2.4"), ("version", "env"))
    assert (said.plain, said.options) == (("x", "1%"), {"version": "2.4"})
    with pytest.raises(BadRequest) as refused:
        typed("start", ("x", "1%", "verison=2.4"), ("version", "env"))
    assert refused.value.next_step == "/canary start x 1% version=2.4"


def test_a_reason_may_hold_an_equals_sign_where_no_options_are_taken() -> None:
    assert typed("hold", ("x", "a=b")).rest == "a=b"


def test_the_nearest_word_is_found_or_none() -> None:
    assert nearest("strat", ["start", "status", "stop"]) == "start"
    assert nearest("xyzzy", ["start", "status"]) == ""


def test_a_command_is_spelled_so_that_it_can_be_typed_again() -> None:
    assert command("start", ["x", "override=what was fixed"]) == '/canary start x override="what was fixed"'
    assert split(command("reject", ["x", "not now"])) == ("/canary", "reject", "x", "not now")


@pytest.mark.parametrize(
    ("words", "lasting", "reason"),
    [
        (("24h", "the", "weekend"), timedelta(hours=24), "the weekend"),
        (("for", "1h30m"), timedelta(minutes=90), ""),
        (("the", "weekend"), None, "the weekend"),
        (("for", "lunch"), None, "for lunch"),
        (("for", "2", "hours", "month", "end"), timedelta(hours=2), "month end"),
        (("90", "minutes"), timedelta(minutes=90), ""),
        (("for", "2hrs"), timedelta(hours=2), ""),
        (("5", "minutes", "ago", "it", "broke"), None, "5 minutes ago it broke"),
        ((), None, ""),
    ],
)
def test_a_hold_may_begin_with_how_long(words: tuple[str, ...], lasting: timedelta | None, reason: str) -> None:
    assert leading_duration(words) == (lasting, reason)
