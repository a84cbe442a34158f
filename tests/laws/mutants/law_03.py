"""Planted bugs for law 3: mistakes about sick sources, between the wire and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.sources.metrics_page import asks, kept, page, source
from adapters.sources.metrics_page.page import Page
from adapters.sources.prometheus import answers, session
from adapters.sources.prometheus import source as prometheus
from bot.domain import checks, progress, readings
from bot.domain.checks import Moment
from bot.domain.measurements import Measured, Measurement, NoData
from bot.domain.plan import Metric
from bot.domain.rollout import Streak
from bot.engine import gather
from bot.ports import Sample

Plant = Callable[[pytest.MonkeyPatch], None]
_streak, _bad, _measure, _read = checks._streak, checks.as_bad_on_stable, readings.measure, page.read


# ---- between the wire and the reading ----------------------------------------------------------------------------


def a_failure_reads_as_zero(patch: pytest.MonkeyPatch) -> None:
    """A default that somebody found handy."""
    patch.setattr(prometheus, "no_data", lambda fault, at: (Sample(0.0, at),))


def a_failure_reads_as_no_series(patch: pytest.MonkeyPatch) -> None:
    """The reason is lost: people look for a missing metric while the network is down."""
    patch.setattr(prometheus, "no_data", lambda fault, at: ())


def warnings_are_dropped(patch: pytest.MonkeyPatch) -> None:
    """As the client library does it: half an answer looks whole."""
    begin = session.WholeAnswers.__init__

    def accepting(self: session.WholeAnswers, deadline_s: float, accept_warnings: bool, secrets: Any) -> None:
        begin(self, deadline_s, True, secrets)

    patch.setattr(session.WholeAnswers, "__init__", accepting)


def nobody_looks_at_an_answers_date(patch: pytest.MonkeyPatch) -> None:
    """A cache's answer of an hour ago is news."""
    patch.setattr(session, "dated", lambda date: "")


def a_scalar_is_a_number_too(patch: pytest.MonkeyPatch) -> None:
    """`1` in a query passes for ever."""
    instead = {kind: words for kind, words in session._INSTEAD.items() if kind != "scalar"}
    patch.setattr(session, "_INSTEAD", instead)
    read = answers.instant

    def lenient(result: Any) -> tuple[Sample, ...]:
        match result:
            case [int() | float() as at, str(value)]:
                return (Sample(float(value), datetime.fromtimestamp(at).astimezone()),)
        return read(result)

    patch.setattr(prometheus, "instant", lenient)


# ---- the reading -------------------------------------------------------------------------------------------------


def nan_is_a_number(patch: pytest.MonkeyPatch) -> None:
    """It says "not a number", and floats like one."""
    patch.setattr(readings, "_not_numbers", lambda answer, now: None)


def times_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """Old numbers, and those of the future."""
    patch.setattr(readings, "_not_now", lambda answer, stale_after, now: None)


def any_clock_will_do(patch: pytest.MonkeyPatch) -> None:
    """An hour ahead is near enough."""
    patch.setattr(readings, "CLOCK_SKEW", timedelta(hours=1))


def the_first_of_several_series_is_taken(patch: pytest.MonkeyPatch) -> None:
    """Whichever comes first."""

    def first(metric: Metric, answer: Sequence[Any], now: datetime) -> Measurement:
        return Measured(answer[0].value, answer[0].at, answer[0].labels)

    patch.setattr(readings, "_chosen", first)


def nothing_is_zero(patch: pytest.MonkeyPatch) -> None:
    """`empty_is: 0` for everybody, alive or not."""
    patch.setattr(readings, "_empty", lambda metric, alive, now: Measured(0.0, now))


def the_last_good_value_serves_while_the_source_is_away(patch: pytest.MonkeyPatch) -> None:
    """A cache against flapping sources."""
    known: dict[str, Measurement] = {}

    def remembering(metric: Metric, answer: Any, now: datetime, **more: Any) -> Measurement:
        found, key = _measure(metric, answer, now, **more), f"{metric.ask}"
        if isinstance(found, NoData):
            return known.get(key, found)
        known[key] = found
        return found

    patch.setattr(gather, "measure", remembering)


# ---- over time ---------------------------------------------------------------------------------------------------


def a_count_that_never_resets(patch: pytest.MonkeyPatch) -> None:
    """Three blips in a day roll a healthy canary back."""

    def streak(before: Streak, holds: bool | None, moment: Moment) -> Streak:
        return before if holds is False else _streak(before, holds, moment)

    patch.setattr(checks, "_streak", streak)


def no_data_counts_as_bad(patch: pytest.MonkeyPatch) -> None:
    """An outage of three checks is three bad ones in a row."""

    def streak(before: Streak, holds: bool | None, moment: Moment) -> Streak:
        return _streak(before, True if holds is None and before.times else holds, moment)

    patch.setattr(checks, "_streak", streak)


def no_data_ends_a_streak(patch: pytest.MonkeyPatch) -> None:
    """A source that flaps hides a breach for ever."""

    def streak(before: Streak, holds: bool | None, moment: Moment) -> Streak:
        return Streak() if holds is None else _streak(before, holds, moment)

    patch.setattr(checks, "_streak", streak)


def the_stable_side_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    """Back to a version that is as bad."""
    patch.setattr(progress, "as_bad_on_stable", lambda *rest: False)


def a_stable_side_that_can_not_be_seen_counts_as_bad(patch: pytest.MonkeyPatch) -> None:
    """A breach is left standing because half an answer is missing."""

    def bad(rules: Any, plan: Any, stable: Any, *rest: Any) -> bool:
        return any(isinstance(each, NoData) for each in stable.values()) or _bad(rules, plan, stable, *rest)

    patch.setattr(progress, "as_bad_on_stable", bad)


# ---- pages -------------------------------------------------------------------------------------------------------


def an_empty_page_is_a_page(patch: pytest.MonkeyPatch) -> None:
    """What was counted in years is the increase since the exporter's restart, where nothing is known from before it."""
    patch.setattr(source, "read", lambda text: _read(text) if text.strip() else Page({}))
    patch.setattr(kept.Kept, "_completed", lambda self, first, pages: pages[0])


def a_window_begins_with_whatever_its_first_page_has(patch: pytest.MonkeyPatch) -> None:
    """The same, for a page that was cut short between two lines."""
    patch.setattr(kept.Kept, "_completed", lambda self, first, pages: pages[0])


def half_a_number_is_a_number(patch: pytest.MonkeyPatch) -> None:
    """`bad_total 50` of `bad_total 50002.5`."""
    patch.setattr(source, "read", lambda text: _read(text if text.endswith("\n") else text + "\n"))


def a_counter_never_starts_anew(patch: pytest.MonkeyPatch) -> None:
    """A restart is a fall, and a fall is a negative rate."""

    def increase(pages: Sequence[Any]) -> float:
        first, last = pages[0], pages[-1]
        return float(sum(point.value - first[labels].value for labels, point in last.items()))

    patch.setattr(asks, "increase", increase)
