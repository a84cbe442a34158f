"""What is kept of past pages: windows, warming up, and a bound on memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.sources.metrics_page import kept as module
from adapters.sources.metrics_page.counters import increase
from adapters.sources.metrics_page.kept import Kept, Window
from adapters.sources.metrics_page.page import Point
from bot.domain.measurements import Missing, NoData

START = datetime(2026, 7, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def filled(*seconds: float) -> Kept:
    kept = Kept()
    for second in seconds:
        kept.add(at(second), {(): Point(second)})
    return kept


def window(kept: Kept, over: float, until: float) -> Window | NoData:
    return kept.window(timedelta(seconds=over), at(until))


def test_a_window_reaches_from_the_page_before_it_to_the_last() -> None:
    found = window(filled(0, 1, 2, 3, 4, 5, 6), 3, 6)
    assert isinstance(found, Window)
    assert [page[()].value for page in found.pages] == [3, 4, 5, 6]
    assert (found.span, found.end) == (timedelta(seconds=3), at(6))


def test_ticks_that_come_a_little_early_do_not_widen_the_window() -> None:
    found = window(filled(0, 1.02, 2.01, 3.0), 2, 3)
    assert isinstance(found, Window)
    assert found.span == timedelta(seconds=1.98)


def test_a_window_that_is_not_full_yet_warms_up() -> None:
    few = window(filled(0, 1, 2, 3), 5, 3)
    assert isinstance(few, NoData)
    assert (few.missing, few.detail) == (Missing.FEW_SAMPLES, "warming up: 3s of 5s")
    none = window(Kept(), 5, 3)
    assert isinstance(none, NoData)
    assert none.detail == "warming up: 0s of 5s"


def test_pages_too_far_apart_make_no_window() -> None:
    far = window(filled(0, 60), 5, 60)
    assert isinstance(far, NoData)
    assert far.missing is Missing.FEW_SAMPLES
    assert "1m ago" in far.detail


def test_a_window_in_the_past_is_told_from_the_pages_of_then() -> None:
    found = window(filled(0, 1, 2, 3, 4, 5), 2, 3.5)
    assert isinstance(found, Window)
    assert found.end == at(3)


def test_a_page_that_was_overtaken_is_not_kept_but_a_clock_set_back_starts_anew() -> None:
    kept = filled(0, 10, 9)
    assert list(kept.times) == [at(0), at(10)]
    kept.add(at(-3600), {})
    assert list(kept.times) == [at(-3600)]


def test_memory_is_bounded_by_thinning_out_old_pages() -> None:
    kept = filled(*range(module.MOST_PAGES * 3))
    assert len(kept.times) <= module.MOST_PAGES
    newest = list(kept.times)[-100:]
    assert newest == [at(module.MOST_PAGES * 3 - 100 + number) for number in range(100)]
    wide = Kept()
    for second in range(200):
        wide.add(at(second), {(("n", str(number)),): Point(0) for number in range(1000)})
    assert len(wide.times) * 1000 <= module.MOST_VALUES + 1000


def test_old_pages_go_but_a_long_window_keeps_them() -> None:
    hour = 3600
    kept = filled(*range(0, 10 * hour, 600))
    assert kept.times[0] > at(3 * hour)
    patient = Kept()
    patient.window(timedelta(hours=12), START)
    for second in range(0, 10 * hour, 600):
        patient.add(at(second), {})
    assert patient.times[0] == START


def page(**values: float) -> dict[tuple[tuple[str, str], ...], Point]:
    return {(("side", name),): Point(value) for name, value in values.items()}


def test_a_series_that_only_a_windows_first_page_lacks_goes_on_from_where_it_was() -> None:
    """A page that was cut short between two lines: without this, 5,000 old errors would be new ones."""
    kept = Kept()
    for second, values in ((0, page(a=100, b=5000)), (1, page(a=101)), (2, page(a=102, b=5001))):
        kept.add(at(second), values)
    found = window(kept, 1, 2)
    assert isinstance(found, Window)
    assert increase(found.pages) == 2


def test_a_series_that_was_never_seen_began_at_nothing() -> None:
    """Counters with labels appear with their first event."""
    kept = Kept()
    for second, values in ((0, page(a=100)), (1, page(a=101)), (2, page(a=102, b=3))):
        kept.add(at(second), values)
    found = window(kept, 2, 2)
    assert isinstance(found, Window)
    assert increase(found.pages) == 5


def test_a_counter_that_comes_back_after_a_restart_counts_from_nothing() -> None:
    """It is away from the first page because its process is new, and began anew."""
    kept = Kept()
    for second, values in ((0, page(a=100, b=5000)), (1, page(a=101)), (2, page(a=102, b=3))):
        kept.add(at(second), values)
    found = window(kept, 1, 2)
    assert isinstance(found, Window)
    assert increase(found.pages) == 4
