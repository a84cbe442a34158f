"""R3: windows of days and hours in the plan's zone, DST included (Europe/Madrid)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.language.misread import Misread
from bot.domain.windows import DAYS, fits, is_open, next_open, parse_window

MADRID = "Europe/Madrid"


def madrid(day: str, clock: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(MADRID), fold=fold)


@pytest.mark.parametrize(
    ("window", "day", "clock", "opened"),
    [
        ("Mon-Fri 08:00-18:00", "2026-03-02", "08:00", True),
        ("Mon-Fri 08:00-18:00", "2026-03-02", "18:00", False),
        ("Mon-Fri 08:00-18:00", "2026-03-01", "12:00", False),
        ("Sat,Sun 10:00-16:00", "2026-03-01", "12:00", True),
        ("Fri-Mon 10:00-16:00", "2026-03-01", "12:00", True),
        ("Fri-Mon 10:00-16:00", "2026-03-03", "12:00", False),
        ("daily 22:00-02:00", "2026-03-02", "23:00", True),
        ("22:00-02:00", "2026-03-02", "01:59", True),
        ("Fri 22:00-02:00", "2026-03-07", "01:00", True),
        ("Fri 22:00-02:00", "2026-03-06", "01:00", False),
        ("Mon 20:00-24:00", "2026-03-02", "23:59", True),
        ("Mon 20:00-24:00", "2026-03-03", "00:00", False),
        ("daily 00:00-24:00", "2026-03-03", "00:00", True),
    ],
)
def test_a_window_is_open_on_its_days_at_its_hours(window: str, day: str, clock: str, opened: bool) -> None:
    assert is_open(window, madrid(day, clock), MADRID) is opened


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("always", "'always' is not a window"),
        ("Mon-Fri", "'Mon-Fri' is not a window"),
        ("Mun-Fri 08:00-10:00", "'Mun' is not a day"),
        ("Mon 25:00-26:00", "'26:00' is not a time of day"),
        ("Mon 08:00-10:61", "'10:61' is not a time of day"),
    ],
)
def test_a_misspelt_window_is_a_mistake(text: str, what: str) -> None:
    with pytest.raises(Misread) as caught:
        parse_window(text)
    assert caught.value.what == what


def test_the_next_opening_is_now_or_in_the_days_to_come() -> None:
    friday_evening = madrid("2026-03-06", "19:00")
    assert next_open("Mon-Fri 08:00-18:00", friday_evening, MADRID) == madrid("2026-03-09", "08:00")
    monday = madrid("2026-03-09", "09:30")
    assert next_open("Mon-Fri 08:00-18:00", monday, MADRID) == monday


def test_an_opening_that_dst_skips_is_the_end_of_the_gap() -> None:
    """On 2026-03-29 Madrid goes from 02:00 to 03:00: 02:30 doesn't come, 03:00 is the first moment after it."""
    saturday = madrid("2026-03-28", "12:00")
    assert next_open("Sun 02:30-05:00", saturday, MADRID) == madrid("2026-03-29", "03:00")
    assert is_open("Sun 02:30-05:00", madrid("2026-03-29", "03:00"), MADRID)


def test_a_window_that_dst_skips_as_a_whole_opens_a_week_later() -> None:
    saturday = madrid("2026-03-28", "12:00")
    assert next_open("Sun 02:10-02:50", saturday, MADRID) == madrid("2026-04-05", "02:10")


def test_an_hour_that_dst_repeats_is_open_both_times() -> None:
    """On 2026-10-25 Madrid has the hour from 02:00 to 03:00 twice."""
    first, second = madrid("2026-10-25", "02:15"), madrid("2026-10-25", "02:15", fold=1)
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    assert is_open("Sun 02:00-02:30", first, MADRID)
    assert is_open("Sun 02:00-02:30", second, MADRID)
    between = madrid("2026-10-25", "02:45")
    assert next_open("Sun 02:00-02:30", between, MADRID) == madrid("2026-10-25", "02:00", fold=1).astimezone(UTC)


def test_the_local_hour_stays_when_the_clocks_change() -> None:
    before, after = madrid("2026-03-27", "12:00"), madrid("2026-03-29", "12:00")
    assert next_open("Sat 08:00-09:00", before, MADRID).hour == 7
    assert next_open("Mon 08:00-09:00", after, MADRID).hour == 6


def test_a_bake_must_end_while_the_stage_may_be_left() -> None:
    """A start that can't fit is told the next time that does."""
    noon = madrid("2026-03-06", "12:00")
    found = fits("Mon-Fri 08:00-17:00", "Mon-Fri 08:00-18:00", timedelta(hours=4), noon, MADRID)
    assert found == noon
    late = madrid("2026-03-06", "15:00")
    assert fits("Mon-Fri 08:00-17:00", "Mon-Fri 08:00-18:00", timedelta(hours=4), late, MADRID) == madrid(
        "2026-03-09", "08:00"
    )
    assert fits(None, "Mon-Fri 08:00-18:00", timedelta(hours=4), late, MADRID) == madrid("2026-03-09", "04:00")


def test_a_bake_that_can_never_end_inside_its_window_fits_nowhere() -> None:
    assert fits("Mon 08:00-08:15", "Mon 20:00-21:00", timedelta(hours=4), madrid("2026-03-02", "07:00"), MADRID) is None


def test_a_stage_without_windows_fits_at_once() -> None:
    now = madrid("2026-03-02", "07:00")
    assert fits(None, None, timedelta(hours=4), now, MADRID) == now


@given(
    st.integers(0, 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(DAYS),
    st.times(),
    st.times(),
)
def test_the_next_opening_is_open_and_never_in_the_past(now: datetime, day: str, opens: object, closes: object) -> None:
    window = f"{day} {str(opens)[:5]}-{str(closes)[:5]}"
    found = next_open(window, now, MADRID)
    assert found >= now
    assert is_open(window, found, MADRID)
