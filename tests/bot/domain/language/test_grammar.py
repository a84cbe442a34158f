"""The condition language: everything that it says can be written back, and every mistake points at a character."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conditions import About, Condition, Number, Op, Reference, Relative, Subject
from bot.domain.language.grammar import RESERVED, parse, places
from bot.domain.language.misread import Misread
from bot.domain.language.spelling import spell
from bot.domain.units import Unit

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(
    lambda name: name not in RESERVED | {"down", "up"}
)
SPANS = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=400))
VALUES = st.decimals(min_value=0, max_value=10**9, places=6).map(float)
WRITTEN_UNITS = [unit for unit in Unit if unit not in (Unit.RATIO, Unit.TIMESTAMP)]
NUMBERS = st.one_of(
    st.builds(Number, st.floats(-1e9, 1e9).map(lambda value: round(value, 3)), st.just(Unit.COUNT)),
    st.builds(Number, VALUES, st.sampled_from([u for u in WRITTEN_UNITS if u is not Unit.SECONDS])),
    st.builds(Number, st.integers(0, 10**8).map(float), st.just(Unit.SECONDS)),
)
CHANGES = st.sampled_from([None, Unit.PERCENT, Unit.MILLISECONDS, Unit.COUNT, Unit.PER_MINUTE, Unit.BYTES])
RELATIVES = st.builds(
    lambda reference, change, unit, ago: Relative(
        reference, change, unit if change else None, ago if reference is Reference.AGO else None
    ),
    st.sampled_from(Reference),
    st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
    CHANGES,
    SPANS,
)
SUBJECTS = st.one_of(
    st.builds(Subject, st.sampled_from([About.METRIC, About.AGE_OF, About.AVAILABILITY, About.BUDGET]), NAMES),
    st.builds(Subject, st.just(About.BURN), NAMES, st.lists(SPANS, min_size=1, max_size=3, unique=True).map(tuple)),
)
STATES = st.one_of(
    st.builds(Subject, st.sampled_from([About.DOWN, About.UP, About.NEVER_DECREASES]), NAMES),
    st.sampled_from([About.SLOS_VIOLATED, About.ALL_SLOS_PASS, About.NO_SLO_FAILS, About.CHECK_FAILS]).map(Subject),
)
CLAUSES = st.fixed_dictionaries(
    {
        "after": st.none() | SPANS,
        "within": st.none() | SPANS,
        "streak": st.none() | SPANS | st.integers(1, 99),
    }
)


def _condition(
    subject: Subject, op: Op | None, value: Number | Relative | None, clauses: dict[str, timedelta | int | None]
) -> Condition:
    after, within, streak = clauses["after"], clauses["within"], clauses["streak"]
    return Condition(
        text="",
        subject=subject,
        op=op,
        value=value,
        after=after if isinstance(after, timedelta) else None,
        lasting=streak if isinstance(streak, timedelta) else None,
        times=streak if isinstance(streak, int) else None,
        within=within if isinstance(within, timedelta) else None,
    )


CONDITIONS = st.one_of(
    st.builds(_condition, SUBJECTS, st.sampled_from(Op), NUMBERS | RELATIVES, CLAUSES),
    st.builds(_condition, STATES, st.none(), st.none(), CLAUSES),
)


@given(CONDITIONS)
def test_what_is_spelled_is_read_back_the_same(condition: Condition) -> None:
    assert replace(parse(spell(condition)), text="") == condition


@given(CONDITIONS)
def test_spelling_settles_after_one_round(condition: Condition) -> None:
    assert spell(parse(spell(condition))) == spell(condition)


def _mistake(text: str) -> Misread | None:
    try:
        parse(text)
    except Misread as mistake:
        return mistake
    return None


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_a_mistake_inside_it(text: str) -> None:
    mistake = _mistake(text)
    assert mistake is None or (mistake.what and mistake.offset is not None and 0 <= mistake.offset <= len(text))


@given(
    st.lists(st.sampled_from([*"<>=(),+-", "chat", "5%", "10s", "for", "3 times in a row", "baseline", "1h", "down"]))
)
def test_any_row_of_words_is_a_condition_or_a_mistake(words: list[str]) -> None:
    mistake = _mistake(" ".join(words))
    assert mistake is None or mistake.offset is not None


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("success_rate > 95%", "success_rate > 95%"),
        ("  success_rate  >95 % ", "success_rate > 95%"),
        ("chat_p99 <= baseline + 10%", "chat_p99 <= baseline + 10%"),
        ("errors < stable + 5pp", "errors < stable + 5pp"),
        ("yield > 7d ago - 5%", "yield > 7d ago - 5%"),
        ("chat_p99 < baseline + 200ms", "chat_p99 < baseline + 200ms"),
        ("latency < baseline", "latency < baseline"),
        ("ttfv_p95 > 1500ms for 5m", "ttfv_p95 > 1500ms for 5m"),
        ("queue > 500 for 10m after 1h", "queue > 500 after 1h for 10m"),
        ("drops < 10 / min", "drops < 10/min"),
        ("memory < 2KiB", "memory < 2048B"),
        ("balance > -5", "balance > -5"),
        ("chat down", "chat down"),
        ("check fails 3 times in a row", "check fails 3 times in a row"),
        ("slos violated 3 times in a row", "slos violated 3 times in a row"),
        ("all slos pass", "all slos pass"),
        ("no slo  fails", "no slo fails"),
        ("age_of(worker_seen) < 2m", "age_of(worker_seen) < 120s"),
        ("availability(chat) >= 99.9%", "availability(chat) >= 99.9%"),
        ("budget(toggle) > 25%", "budget(toggle) > 25%"),
        ("burn(toggle, 1h) < 14.4", "burn(toggle, 1h) < 14.4"),
        ("burn(toggle, 1h,5m) > 14.4 for 2m", "burn(toggle, 1h, 5m) > 14.4 for 2m"),
        ("materializer_new == 0 within 30s", "materializer_new == 0 within 30s"),
    ],
)
def test_every_form_of_the_language_is_read(text: str, spelled: str) -> None:
    assert spell(parse(text)) == spelled


@pytest.mark.parametrize(
    ("text", "what", "hint", "offset"),
    [
        ("", "a condition starts with a metric", "METRIC < VALUE, as: latency < 5s", 0),
        ("> 5", "a condition starts with a metric, not '>'", "METRIC < VALUE, as: latency < 5s", 0),
        ("latency", "the comparison is missing", "latency < VALUE, or latency down for a probe", 7),
        ("latency 5s", "a comparison is expected, not '5s'", "one of > >= < <= == !=", 8),
        ("latency = 5s", "'=' is not a comparison", "write ==", 8),
        ("latency => 5s", "'=>' is not a comparison", "write >=", 8),
        ("latency ≤ 5s", "'≤' is not a comparison", "write <=", 8),
        ("latency <", "a value is expected", "a number with its unit, or baseline + 10%", 9),
        ("latency < fast", "a value is expected, not 'fast'", "a number with its unit, or baseline + 10%", 10),
        ("latency < 5sec", "'sec' is not a unit", "did you mean 5s?", 11),
        ("rate < 5/day", "'/day' is not a rate", "5/s, 5/min or 5/h", 8),
        ("rate < 5pp", "points (pp) only change a reference", "write 5%, or baseline + 5pp", 8),
        ("rate < baseline +", "how much is expected after '+'", "baseline + 10%", 17),
        (
            "rate < 5% for ever",
            "the time of 'for' is expected, not 'ever'",
            "write it as 30s, 5m, 4h, 1h30m or 7d",
            14,
        ),
        ("rate < 5% for 5", "the time of 'for' needs its unit: '5'", "5s, 5m or 5h", 14),
        ("rate < 5% for 5x", "'5x' is not a duration", "30s, 5m, 4h, 1h30m or 7d", 14),
        ("rate < 5% for 5m for 6m", "'for' stands here twice", "keep one", 17),
        (
            "rate < 5% for 5m 3 times in a row",
            "'for' and 'times in a row' don't go together",
            "keep one of the two",
            17,
        ),
        (
            "rate < 5% 3 times",
            "'3' is not expected here",
            "3 times in a row; two conditions are two list items",
            10,
        ),
        ("rate < 5% 0 times in a row", "0 times in a row is never", "1 times in a row, or more", 10),
        (
            "rate < 5% and x > 3",
            "'and' is not expected here",
            "after DURATION, for DURATION, N times in a row, or within DURATION",
            10,
        ),
        ("chat down > 5", "'down' is not compared with anything", "leave the comparison out", 10),
        ("slos pass", "'slos' begins no condition but 'slos violated'", "write 'slos violated'", 0),
        ("no slos fail", "'no' begins no condition but 'no slo fails'", "write 'no slo fails'", 0),
        ("burn(slo, ) < 4", "the window of burn() is expected, not ')'", "write it as 30s, 5m, 4h, 1h30m or 7d", 10),
        ("burn(slo, 1h, 60m) < 4", "the window 1h stands here twice", "burn(slo, 1h, 5m)", 14),
        ("burn(slo, 0s) < 4", "the window 0s is no time at all", "burn(slo, 1h, 5m)", 10),
        ("burn(slo) < 4", "burn() needs its window", "burn(slo, 1h)", 8),
        ("age_of(x < 4s", "age_of( is not closed", "add )", 9),
        ("age_of() < 4s", "age_of() needs a name, not ')'", "age_of(NAME)", 7),
        ("rate < 5% ; x", "';' means nothing in a condition", "METRIC < VALUE, as: latency < 5s", 10),
        ("x < 9999999999999d", "'9999999999999d' is longer than Perch can count", "write a shorter time", 4),
    ],
)
def test_a_mistake_says_what_how_to_mend_it_and_where(text: str, what: str, hint: str, offset: int) -> None:
    with pytest.raises(Misread) as caught:
        parse(text)
    assert (caught.value.what, caught.value.hint, caught.value.offset) == (what, hint, offset)


def test_places_tell_where_each_part_stands() -> None:
    found = places("age_of(seen) < 2m after 1h for 5m")
    assert (found.name, found.value, found.clause("after"), found.clause("for")) == (7, 15, 18, 27)
    assert places("x < baseline + 5%").change == 15
