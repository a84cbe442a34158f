"""Minimum samples: how many are lacking and when they will have come; and how close a condition is to failing (X1)."""

from datetime import datetime, timedelta

import pytest

from bot.domain.gates import bake_waits_for
from bot.domain.margins import closest
from bot.domain.measurements import Missing, NoData
from bot.domain.rollout import Verdict
from bot.domain.samples import KEPT, Samples, counted_on, enough_by, lacking
from bot.domain.waits import Wait
from tests.builders import MINUTE, START, a_check, a_line, a_plan, at_stage


def seen(count: float, at: datetime, wanted: float = 1000) -> dict[str, NoData]:
    return {"success": NoData(Missing.FEW_SAMPLES, f"{count} of {wanted}", at, count, wanted)}


def counts(*seen_each_minute: float) -> Samples:
    known: dict[str, Samples] = {}
    for number, count in enumerate(seen_each_minute):
        known = counted_on(known, seen(count, START + number * MINUTE))
    return known["success"]


def test_the_rate_says_when_there_are_enough() -> None:
    """100 a minute, 700 lacking."""
    samples = counts(100, 200, 300)
    assert lacking(samples) == 700
    assert enough_by(samples) == START + 9 * MINUTE


@pytest.mark.parametrize("still", [(300.0,), (300.0, 300.0, 300.0), (0.0, 0.0)])
def test_without_a_rate_there_is_no_time(still: tuple[float, ...]) -> None:
    assert enough_by(counts(*still)) is None


def test_the_rate_is_the_present_one() -> None:
    """Traffic that ebbed an hour ago says nothing about now."""
    assert enough_by(counts(100, 500, *([501] * KEPT))) is None


def test_a_count_that_began_anew_is_counted_from_there() -> None:
    assert enough_by(counts(500, 900, 50, 100)) == START + 21 * MINUTE


def test_what_has_enough_is_forgotten() -> None:
    known = counted_on({}, seen(10, START))
    assert counted_on(known, {}) == {}
    assert counted_on({}, {"x": NoData(Missing.TIMEOUT, "no answer", START)}) == {}


def test_a_bake_waits_for_samples_with_a_time() -> None:
    line = a_line("hard", met=None, condition="success > 98%", metric="success", detail="too few samples: 300 of 1000")
    check = a_check(Verdict.NO_DATA, lines=(line,))
    rollout = at_stage(a_plan(), check=check, samples={"success": counts(100, 200, 300)})
    waiting = bake_waits_for(rollout, a_plan(), START + 2 * MINUTE)[-1]
    assert (waiting.about, waiting.number, waiting.until) == (Wait.SAMPLES, 700, START + 9 * MINUTE)
    assert waiting.what == "700 more samples of success"


def test_a_bake_tells_clean_time_and_the_window_after_it() -> None:
    """X1: what comes after the bake is told before it is over."""
    stage = {"weight": "1%", "bake": "4m", "promote_when": ["success > 98%"], "clean_for": "10m"}
    plan = a_plan({**stage, "window": {"leave": "Mon-Fri 08:00-09:05"}}, {**stage, "weight": "10%"})
    told = bake_waits_for(at_stage(plan, check=a_check()), plan, START)
    assert [(each.about, each.until) for each in told] == [
        (Wait.BAKE, START + 4 * MINUTE),
        (Wait.CLEAN, START + 10 * MINUTE),
        (Wait.WINDOW, START + timedelta(hours=23)),
    ]


def line(condition: str, value: float, threshold: float, unit: str = "count") -> dict[str, object]:
    return {"condition": condition, "value": value, "threshold": threshold, "unit": unit}


@pytest.mark.parametrize(
    ("condition", "value", "threshold", "unit", "fails"),
    [
        ("errors < 9", 3, 9, "count", (9, "at")),
        ("errors <= 8", 3, 8, "count", (9, "at")),
        ("errors <= 8.5", 3, 8.5, "count", (9, "at")),
        ("done >= 8", 9, 8, "count", (7, "at")),
        ("done > 8", 9, 8, "count", (8, "at")),
        ("error_rate < 2%", 0.5, 2, "percent", (2, "at")),
        ("error_rate <= 2%", 0.5, 2, "percent", (2, "over")),
        ("success >= 95%", 97, 95, "percent", (95, "under")),
    ],
)
def test_a_condition_says_where_it_would_fail(
    condition: str, value: float, threshold: float, unit: str, fails: tuple[float, str]
) -> None:
    """X1: "would have failed at 9 errors, has 3"."""
    found = closest(a_check(lines=(a_line(**line(condition, value, threshold, unit)),)))  # type: ignore[arg-type]
    assert found is not None
    assert (found.limit, found.side) == fails


def test_the_closest_to_failing_is_told() -> None:
    """97 of 95 to 100 % has used 60 % of its room; 3 of 9 errors a third."""
    errors, success = line("errors < 9", 3, 9), line("success > 95%", 97, 95, "percent")
    found = closest(a_check(lines=(a_line(**errors), a_line(**success))))  # type: ignore[arg-type]
    assert found is not None
    assert found.line.condition == "success > 95%"
    assert found.used == pytest.approx(0.6)


@pytest.mark.parametrize("condition", ["chat up", "errors == 0", "age_of(errors) < 5m", "not a condition"])
def test_what_has_no_distance_is_left_out(condition: str) -> None:
    assert closest(a_check(lines=(a_line(**line(condition, 0, 0)),))) is None  # type: ignore[arg-type]
