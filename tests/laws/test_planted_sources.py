"""Law 3's tests of the newer sources fail when a bug is planted that turns no data into a number, or loses some."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sources import json_page
from adapters.sources.log.tail import Tail
from adapters.sources.sql import source as sql
from adapters.sources.sql.rows import samples
from bot.domain import checks, readings, truth
from bot.domain.conditions import About
from bot.domain.measurements import Missing, NoData
from bot.ports import Sample
from tests.adapters.sources import test_json_page as pages
from tests.adapters.sources import test_log as logs
from tests.adapters.sources.sql import test_numbers as queries
from tests.bot.domain import test_series as series
from tests.laws.mutants.planted import FOUND

pytestmark = pytest.mark.anyio

_of_each, _samples, _measure = truth._of_each, samples, readings.measure


def one_good_series_is_enough(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(truth, "_of_each", lambda op, found, unit, limit, any_series: _of_each(op, found, unit, limit, True))


def a_fall_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(checks._COUNTS, About.NEVER_DECREASES, lambda before, found: {"last": found.value})


def a_clock_ahead_of_ours_is_young(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(truth, "CLOCK_SKEW", timedelta(days=1))


def an_away_source_is_empty(patch: pytest.MonkeyPatch) -> None:
    """`empty_is` speaks for whatever isn't there."""

    def measured(metric: Any, answer: Any, now: datetime, **more: Any) -> Any:
        return _measure(metric, () if isinstance(answer, NoData) else answer, now, **more)

    patch.setattr(series, "measure", measured)


@pytest.mark.parametrize(
    ("plant", "test"),
    [
        (
            one_good_series_is_enough,
            lambda: series.test_of_each_series_all_must_hold_and_one_is_enough_for_a_trigger(
                "success < 90%", "hard", False, 95.5, "worker-2, worker-3"
            ),
        ),
        (a_fall_is_forgotten, series.test_a_fall_stays_on_record_while_the_stage_lasts),
        (a_clock_ahead_of_ours_is_young, series.test_the_age_of_each_is_judged_and_a_time_ahead_of_ours_is_no_data),
        (an_away_source_is_empty, series.test_a_source_that_knows_why_it_has_nothing_is_read_as_the_plan_says),
    ],
    ids=lambda it: getattr(it, "__name__", None),
)
def test_a_planted_bug_about_series_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], test: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    test()
    plant(monkeypatch)
    with pytest.raises(FOUND):
        test()


async def test_a_yes_that_reads_as_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_page, "figure", lambda value, how, where: float(value) if value is True else 0.0)
    with pytest.raises(FOUND):
        await pages.test_what_is_no_number_is_no_data_with_its_reason(
            {"path": "ok"}, Missing.GARBAGE, "ok is true, not a number"
        )


async def test_null_that_reads_as_zero_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def zero(ask: Any, columns: Any, rows: Any, at: datetime) -> Any:
        found = _samples(ask, columns, rows, at)
        return (Sample(0.0, at),) if isinstance(found, NoData) else found

    monkeypatch.setattr(sql, "samples", zero)
    (tmp_path / "empty.db").touch()
    with pytest.raises(FOUND):
        await queries.test_what_is_no_number_is_no_data_with_its_reason(
            f"sqlite:///{tmp_path}/empty.db", "SELECT max(x) AS most FROM (SELECT NULL AS x)", Missing.EMPTY, "NULL"
        )


@asynccontextmanager
async def an_app(folder: Path) -> AsyncIterator[logs.App]:
    app = logs.App(folder)
    try:
        yield app
    finally:
        for source in app.sources:
            await source.aclose()


async def test_a_log_that_leaves_out_what_it_cannot_read_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def count(tail: Tail, since: datetime, until: datetime) -> int:
        return bisect_right(tail._matches, until) - bisect_left(tail._matches, since)

    monkeypatch.setattr(Tail, "count", count)
    async with an_app(tmp_path) as app:
        with pytest.raises(FOUND):
            await logs.test_what_was_packed_since_is_told_and_not_left_out(app)


async def test_a_log_that_begins_at_its_end_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `tail -f` does: after a restart the stage has no errors."""
    opened = Tail._opened

    def at_its_end(tail: Tail, path: Path) -> Any:
        file = opened(tail, path)
        file.stream.seek(0, 2)
        return file

    monkeypatch.setattr(Tail, "_opened", at_its_end)
    async with an_app(tmp_path) as app:
        with pytest.raises(FOUND):
            await logs.test_after_a_restart_of_perch_the_count_is_the_same(app)
