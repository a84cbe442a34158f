"""Spark lines, tables and charts of any numbers: within Slack's limits, and never a picture alone (S2, S3, S5)."""

from __future__ import annotations

import math
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.rollout import Line, Verdict
from bot.domain.trends import History, Point, Shift
from bot.domain.units import Weight
from bot.ports import Outgoing
from bot.wording import say
from bot.wording.glance import glance
from bot.wording.sparks import BLOCKS, GAP, spark, trend, trend_of
from tests.bot.wording.golden_facts import UNKNOWN, WRONG, checked, good_lines, the_history
from tests.bot.wording.limits import broken_limits
from tests.bot.wording.stories import NOW, a_check, a_plan, a_rollout

ODD = some.none() | some.floats(allow_nan=True, allow_infinity=True)
HUGE = some.floats(allow_nan=False, allow_infinity=False)


@given(some.lists(ODD, max_size=40), some.none() | some.floats(allow_nan=True))
def test_a_spark_has_a_block_for_each_number_and_a_gap_for_each_hole(
    values: list[float | None], limit: float | None
) -> None:
    drawn = spark(values, limit)
    assert len(drawn) == len(values)
    for value, block in zip(values, drawn, strict=True):
        assert (block == GAP) is (value is None or not math.isfinite(value))
        assert block in BLOCKS + GAP


def test_the_limit_is_the_end_of_the_scale() -> None:
    """A wiggle far from the limit is no mountain."""
    assert spark([1, 1.1, 1, 1.1], 100) == "▁▁▁▁"
    assert spark([50, 99, 100], 100)[-1] == "█"
    assert spark([3, 3, 3]) == "▅▅▅"


def test_a_spark_goes_with_a_word_and_one_number_is_no_line() -> None:
    history = History({"m": [Point(NOW + timedelta(seconds=place), place) for place in range(40)]})
    assert trend("m", history) == "▁▃▃▆▆█ rising"
    assert trend("m", History({"m": [Point(NOW, 1.0)]})) == ""
    assert trend("unheard of", history) == ""


def test_the_status_shows_three_to_five_conditions_the_worst_first_then_what_is_nearest_to_its_limit() -> None:
    """S2, R5: value, limit, margin, baseline and trend of each."""
    good = glance(good_lines(), the_history(), NOW)
    assert good[1].startswith("`chat_p99` 410 ms, 32% under 600 ms (baseline 400 ms) ▁")
    assert good[1].endswith(" rising")
    assert len([line for line in good if line.startswith("`")]) == 5
    bad = glance(checked(Verdict.FAIL, WRONG, UNKNOWN).lines, the_history(), NOW)
    assert bad[:2] == ["*❌ Not met:*", "`error_rate` 3.2%, 1.2 pp over the limit of 2% ▁▁▁"]
    assert bad[2] == "*❔ No data:*"
    assert bad[3].startswith("`success_rate &gt; 95%`: no data, too few samples")
    assert len([line for line in bad if line.startswith("`")]) == 5


def test_an_age_has_no_course_in_the_moments_it_is_counted_from() -> None:
    """A picture of them would show thousands of millions of seconds against a limit of ten."""
    history = History({"seen": [Point(NOW + timedelta(seconds=place), 1.8e9 + place) for place in range(9)]})
    age = Line(
        role="hard", condition="age_of(seen) < 10s", metric="seen", met=True, unit="seconds", value=1, threshold=10
    )
    assert trend_of(age, history) == ""
    assert trend_of(age.model_copy(update={"condition": "seen < 10s"}), history) != ""


def test_nothing_bad_is_left_out_for_what_is_good() -> None:
    many = [WRONG.model_copy(update={"condition": f"m{place} < 2%", "metric": f"m{place}"}) for place in range(9)]
    shown = glance([*good_lines(), *many], the_history(), NOW)
    assert shown[-1] == "… and 4 more like these"


@settings(max_examples=30, deadline=None)
@given(
    some.lists(some.none() | HUGE, max_size=60), HUGE, some.none() | HUGE, some.integers(1, 40), some.integers(1, 30)
)
def test_any_course_makes_a_checkpoint_that_slack_takes(
    values: list[float | None], threshold: float, baseline: float | None, stages: int, metrics: int
) -> None:
    """Up to forty stages and thirty metrics, whatever their numbers are."""
    began = NOW - timedelta(minutes=42)
    points = [Point(began + timedelta(seconds=7 * place), value) for place, value in enumerate(values)]
    known = [value for value in values if value is not None]
    lines = tuple(
        Line(
            role="hard", condition=f"m{each} < 5%", metric=f"m{each}", met=True, unit="percent",
            value=known[-1] if known else None, threshold=threshold, reference=baseline,
        )
        for each in range(metrics)
    )  # fmt: skip
    weights = tuple(round(100 * (each + 1) / stages, 2) for each in range(stages))
    shifts = [Shift(began + timedelta(minutes=each), Weight(weight)) for each, weight in enumerate(weights)]
    history = History({line.metric: points for line in lines}, shifts)
    rollout = a_rollout(check=a_check(lines=lines), stage=0)
    said = say(Outgoing("checkpoint", key="k"), rollout, a_plan(weights), NOW, history)
    assert broken_limits(said) == []
    if len(known) > 1:
        assert said.picture is not None
        assert 0 < len(said.picture.alt) <= 2000
        assert all(len(panel.across) == len(panel.up) for panel in said.picture.chart.panels)
    else:
        assert said.picture is None
