"""The SLO table (000, E6): the error budget is 1 − target over the time that was measured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.chronicle import Chronicle
from bot.domain.plan import Slo
from bot.domain.slos import Figure, SloLevel, SloSeen
from bot.domain.units import Unit
from bot.wording.report.objectives import kept, missed, objectives
from bot.wording.report.pieces import Table
from tests.bot.wording.report.invented import chronicle, every
from tests.builders import a_check, a_plan

MINUTE = timedelta(minutes=1)


def with_slo(**changes: Any) -> Any:
    slo = {"metric": "success", "target": "99%", "window": "30d", "warning": "98%", "critical": "95%", **changes}
    return a_plan(slos={"jobs": slo})


def an_slo() -> Slo:
    slo: Slo = with_slo().slos["jobs"]
    return slo


def row(values: list[float | None], metric_values: str = "success", **changes: Any) -> list[str]:
    """The one row, for values each minute."""
    return cells(chronicle((), {metric_values: every(60, values)}, plan=with_slo(**changes)))


def cells(told: Chronicle) -> list[str]:
    section = objectives(told)
    assert section is not None
    [table] = section.pieces
    assert isinstance(table, Table)
    return [cell.text for cell in table.rows[0]]


def test_half_the_budget_is_used_where_half_of_what_may_fail_failed() -> None:
    found = kept(an_slo(), Unit.PERCENT, every(60, [99.5] * 60), MINUTE)
    assert found is not None
    assert (found.actual, found.measured) == (99.5, timedelta(hours=1))
    assert found.used == pytest.approx(0.5)


def test_the_row_says_of_which_part_of_the_window_it_speaks() -> None:
    """1 h of 30 d: half of this hour's budget is 1/1440 of the window's."""
    assert row([99.5] * 60) == [
        "jobs",
        "≥ 99%",
        "99.5%",
        "✅ kept",
        "50%; 0.0694% of the window's",
        "–",
        "1 h of the 30 d window",
    ]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (99.0, "✅ kept"),
        (98.5, "⚠️ warning: under 99%"),
        (97.0, "❌ critical: under 98%"),
        (94.0, "🛑 violated: under 95%"),
    ],
)
def test_the_status_goes_by_the_plans_levels(value: float, status: str) -> None:
    assert row([value] * 10)[3] == status


def test_a_time_without_data_counts_for_nothing() -> None:
    """Law 3: neither as good nor as bad; a value counts until the next look and no longer than two checks."""
    found = kept(an_slo(), Unit.PERCENT, every(60, [100.0, None, None, None, 90.0]), MINUTE)
    assert found is not None
    assert found.measured == timedelta(minutes=2)
    assert found.actual == 95.0
    assert row([None, None])[3] == "not measured"


def test_what_highs_and_lows_stand_for_is_called_approximate() -> None:
    """Of a very long rollout not every point is read."""
    every_point, some = every(60, [99.5] * 6000), every(240, [99.5] * 6000)
    for points, approximate in ((every_point, False), (some, True)):
        section = objectives(chronicle((), {"success": points}, plan=with_slo()))
        assert ("approximate" in str(section)) is approximate


def test_what_is_no_share_is_told_in_its_own_unit_and_by_the_time_that_it_was_missed() -> None:
    """000: `Time to Complete p95 | 120s | 115s`; one of ten minutes over its limit, and 20 % of them may be."""
    about = {"metric": "latency", "target": "<= 1500ms", "warning": None, "critical": None}
    values: list[float | None] = [*[1.0] * 9, 2.0]
    told = row(values, metric_values="latency", **about)
    assert told[1:6] == ["≤ 1500ms", "1.1 s", "✅ kept", "it leaves no error budget", "–"]
    told = row(values, metric_values="latency", error_budget="20%", **about)
    assert told[4].startswith("50%; ")


def test_a_target_of_all_has_no_budget() -> None:
    assert row([99.0] * 3, target="100%", warning=None, critical=None)[4] == "it leaves no error budget"


def test_what_is_left_of_the_budget_is_that_of_the_last_check() -> None:
    seen = SloSeen(
        name="jobs",
        target="99%",
        window=timedelta(days=30),
        unit="percent",
        actual=Figure(value=99.7),
        level=SloLevel.PASS,
        budget=Figure(value=75.0),
    )
    told = chronicle((), {"success": every(60, [99.5] * 60)}, plan=with_slo(), check=a_check(slos=(seen,)))
    assert cells(told)[5] == "75%"


def test_an_slo_of_events_is_told_by_its_source() -> None:
    """It was never measured at a moment; the last check knows how the whole window was."""
    asked = {"metric": None, "source": "numbers", "good": "a[$window]", "total": "b[$window]"}
    seen = SloSeen(
        name="jobs",
        target="99%",
        window=timedelta(days=30),
        unit="percent",
        actual=Figure(value=98.2),
        level=SloLevel.WARNING,
        budget=Figure(value=0.0),
    )
    told = chronicle((), {}, plan=with_slo(**asked), check=a_check(slos=(seen,)))
    assert cells(told)[2:] == [
        "98.2%",
        "⚠️ warning: under 99%",
        "–",
        "0%",
        "events of 30 d, by its source",
    ]


def test_a_plan_without_objectives_has_no_table_and_misses_none() -> None:
    told = chronicle((), {"success": every(60, [1.0])})
    assert objectives(told) is None
    assert missed(told) == []
