"""Past pages, as far as one selector goes: enough for the windows that are asked, bounded in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.sources.metrics_page.counters import Series
from bot.domain.measurements import Missing, NoData
from bot.domain.units import spell_duration

KEEP = timedelta(hours=6)
MOST_PAGES = 1000
MOST_VALUES = 50_000

OVERTAKEN = timedelta(minutes=1)
"""A slow page may come after a later one; a longer step back is the clock's."""

NEARLY = 0.9
"""A window may be this much shorter than asked: ticks don't come to the millisecond."""
AT_MOST = 2.0
"""And this much longer, where pages are far apart."""


@dataclass(frozen=True, slots=True)
class Window:
    """The pages from about one window ago to a moment, oldest first, and the time between first and last."""

    pages: tuple[Series, ...]
    span: timedelta
    end: datetime


class Kept:
    """What one selector matched on page after page. Old pages are thinned out before they are too many."""

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._pages: list[Series] = []
        self._keep = KEEP

    @property
    def newest(self) -> datetime | None:
        return self._times[-1] if self._times else None

    @property
    def times(self) -> Sequence[datetime]:
        return tuple(self._times)

    def add(self, at: datetime, series: Series) -> None:
        """Keep a page that is newer than all others. After a clock that was set back, all starts anew."""
        if self._times and at <= self._times[-1]:
            if self._times[-1] - at <= OVERTAKEN:
                return
            self._times, self._pages = [], []
        self._times.append(at)
        self._pages.append(series)
        self._forget(at)

    def _forget(self, now: datetime) -> None:
        old = bisect_right(self._times, now - self._keep)
        del self._times[:old], self._pages[:old]
        if len(self._times) > MOST_PAGES or sum(map(len, self._pages)) > MOST_VALUES:
            half = len(self._times) // 2
            self._times[:half] = self._times[:half:2]
            self._pages[:half] = self._pages[:half:2]

    def window(self, over: timedelta, until: datetime) -> Window | NoData:
        """The pages of the `over` before `until`; FEW_SAMPLES while they don't reach back that far."""
        self._keep = max(self._keep, over * AT_MOST)
        last = bisect_right(self._times, until) - 1
        if last < 0:
            return NoData(Missing.FEW_SAMPLES, f"warming up: 0s of {spell_duration(over)}", until)
        end = self._times[last]
        first = bisect_right(self._times, end - over * NEARLY) - 1
        if first < 0:
            reached = spell_duration(end - self._times[0])
            return NoData(Missing.FEW_SAMPLES, f"warming up: {reached} of {spell_duration(over)}", until)
        span = end - self._times[first]
        if span > over * AT_MOST:
            detail = f"no page between {spell_duration(span)} ago and now, for a window of {spell_duration(over)}"
            return NoData(Missing.FEW_SAMPLES, detail, until)
        pages = self._pages[first : last + 1]
        return Window((self._completed(first, pages), *pages[1:]), span, end)

    def _completed(self, first: int, pages: Sequence[Series]) -> Series:
        """The window's first page, with the last known values of series that only it lacks: a page that was cut short
        between two lines would else make all that they ever counted look like the increase since then."""
        lacking = {labels for page in pages[1:] for labels in page} - pages[0].keys()
        known = dict(pages[0])
        for earlier in reversed(self._pages[:first]):
            if not lacking:
                break
            for labels in lacking & earlier.keys():
                known[labels] = earlier[labels]
            lacking -= earlier.keys()
        return known

    def page(self, until: datetime) -> tuple[datetime, Series] | None:
        """The page that was the newest at a moment, and when it came."""
        last = bisect_right(self._times, until) - 1
        return (self._times[last], self._pages[last]) if last >= 0 else None
