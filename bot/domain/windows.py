"""Windows of days and hours, in the plan's zone: `Mon-Fri 08:00-18:00`, `Sat,Sun 10:00-16:00`, `daily 22:00-02:00`.

Windows limit upward acts only. Local times are compared as the wall clock shows them: an hour that DST repeats is
open both times, and one that it skips simply doesn't come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.language.misread import Misread

HORIZON_DAYS = 16
"""How far ahead an opening is looked for: two weeks, as DST may skip one, and a day for each side."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORM = 'write it as "Mon-Fri 08:00-18:00", "Sat,Sun 10:00-16:00" or "daily 22:00-02:00"'
_WINDOW = re.compile(
    r"\s*(?:(?P<days>[A-Za-z][A-Za-z,\s-]*?)\s+)?(?P<opens>\d{1,2}:\d\d)\s*-\s*(?P<closes>\d{1,2}:\d\d)\s*"
)


@dataclass(frozen=True, slots=True)
class Hours:
    """A parsed window. `days` are those on which it opens (0 is Monday); closing before opening is on the day after."""

    days: frozenset[int]
    opens: time
    closes: time
    until_midnight: bool = False

    @property
    def overnight(self) -> bool:
        return not self.until_midnight and self.closes <= self.opens


def parse_window(text: str) -> Hours:
    """Read a window; no days means daily, 24:00 is midnight. Raises Misread."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise Misread(f"'{text.strip()}' is not a window", _FORM)
    days = _days(found["days"] or "daily", found.start("days") if found["days"] else 0)
    midnight = found["closes"] == "24:00"
    closes = time(0) if midnight else _time(found["closes"], found.start("closes"))
    return Hours(days, _time(found["opens"], found.start("opens")), closes, midnight)


def _time(text: str, at: int) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    if hour > 23 or minute > 59:
        raise Misread(f"'{text}' is not a time of day", "00:00 to 23:59, or 24:00 as the end", at)
    return time(hour, minute)


def _days(text: str, at: int) -> frozenset[int]:
    if text.strip().lower() == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in re.finditer("[^,]+", text):
        first, dash, last = part[0].partition("-")
        at_first = at + part.start()
        begin = _day(first, at_first)
        end = _day(last, at_first + len(first) + 1) if dash else begin
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)


def _day(text: str, at: int) -> int:
    word = text.strip()
    for number, name in enumerate(DAYS):
        if word.lower() == name.lower():
            return number
    margin = len(text) - len(text.lstrip())
    raise Misread(f"'{word}' is not a day", "Mon, Tue, Wed, Thu, Fri, Sat, Sun or daily", at + margin)


def is_open(window: str, now: datetime, zone: str) -> bool:
    """Whether a window is open at `now` (aware). Its first minute is in, its last isn't."""
    hours = parse_window(window)
    local = now.astimezone(ZoneInfo(zone))
    clock = local.time()
    today, yesterday = local.weekday() in hours.days, (local.weekday() - 1) % 7 in hours.days
    if hours.until_midnight:
        return today and clock >= hours.opens
    if hours.overnight:
        return (today and clock >= hours.opens) or (yesterday and clock < hours.closes)
    return today and hours.opens <= clock < hours.closes


def next_open(window: str, now: datetime, zone: str) -> datetime:
    """When a window is next open, from `now` on: `now` itself when it is open. Aware UTC.

    Raises Misread for a window that doesn't open within 16 days (its hours are skipped by DST).
    """
    if is_open(window, now, zone):
        return now.astimezone(UTC)
    hours, place = parse_window(window), ZoneInfo(zone)
    today = now.astimezone(place).date()
    for ahead in range(HORIZON_DAYS):
        for moment in _candidates(today + timedelta(days=ahead), hours, place):
            if moment >= now and is_open(window, moment, zone):
                return moment
    raise Misread(f"the window '{window}' doesn't open", _FORM)


def fits(enter: str | None, leave: str | None, bake: timedelta, now: datetime, zone: str) -> datetime | None:
    """The earliest time from `now` on at which a stage may be entered so that its bake ends while it may be left.

    None when no such time comes within 16 days. Aware UTC.
    """
    start, last = now.astimezone(UTC), now + timedelta(days=HORIZON_DAYS)
    while start <= last:
        start = next_open(enter, start, zone) if enter else start
        end = start + bake
        free = next_open(leave, end, zone) if leave else end
        if free == end:
            return start
        start = free - bake
    return None


def _candidates(day: date, hours: Hours, place: ZoneInfo) -> Iterator[datetime]:
    """When the window may open on a day: at its hour; on a day whose clock is changed, at any minute."""
    midnight = datetime.combine(day, time(0), place)
    tomorrow = datetime.combine(day + timedelta(days=1), time(0), place)
    if midnight.utcoffset() == tomorrow.utcoffset():
        yield datetime.combine(day, hours.opens, place).astimezone(UTC)
        return
    moment, end = midnight.astimezone(UTC), tomorrow.astimezone(UTC)
    while moment < end:
        yield moment
        moment += timedelta(minutes=1)
