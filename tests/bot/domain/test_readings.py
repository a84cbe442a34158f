"""Law 3: no data is told from a number before any condition sees it, with a reason that people understand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.domain.plan import BaselineSpec, Metric
from bot.domain.readings import CLOCK_SKEW, STALE_AFTER, Answered, baseline, measure

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """A sample, as a source gives it."""

    value: float
    at: datetime = NOW
    labels: str = ""


def metric(**said: Any) -> Metric:
    return Metric.model_validate({"source": "prom", "unit": "percent", "query": "q", **said})


def told(measurement: Measurement) -> tuple[Missing, str]:
    assert isinstance(measurement, NoData), measurement
    return measurement.missing, measurement.detail


def test_one_fresh_number_is_measured_with_its_time_and_series() -> None:
    at = NOW - timedelta(seconds=30)
    assert measure(metric(), [Seen(4.5, at, '{job="api"}')], NOW) == Measured(4.5, at, '{job="api"}')


def test_a_source_that_failed_passes_its_reason_on() -> None:
    failed = NoData(Missing.TIMEOUT, "no answer in 5 s", NOW)
    assert measure(metric(), failed, NOW) is failed
    assert measure(metric(empty_is=0, alive_when="up"), failed, NOW, alive=Measured(1, NOW)) is failed


def test_nothing_is_empty() -> None:
    assert told(measure(metric(), (), NOW))[0] is Missing.EMPTY


def test_nothing_is_zero_only_while_the_witness_has_data() -> None:
    """A series that is missing because its exporter died isn't 0."""
    errors = metric(empty_is=0, alive_when="success_rate")
    dead = NoData(Missing.EMPTY, "", NOW)
    assert measure(errors, (), NOW, alive=Measured(99.0, NOW)) == Measured(0.0, NOW)
    assert told(measure(errors, (), NOW, alive=dead)) == (
        Missing.EMPTY,
        "not read as 0: success_rate has no data either",
    )
    assert told(measure(errors, (), NOW)) == (Missing.EMPTY, "not read as 0: success_rate wasn't asked")
    assert told(measure(metric(empty_is=0), (), NOW, alive=Measured(99.0, NOW)))[0] is Missing.EMPTY


def test_several_series_where_one_is_meant_are_named() -> None:
    series = [Seen(1, labels='{h="a"}'), Seen(2), *[Seen(3, labels='{h="b"}')] * 3]
    assert told(measure(metric(), series, NOW)) == (
        Missing.SEVERAL_SERIES,
        '5 series where one is meant: {h="a"}, one without labels, {h="b"} and 2 more',
    )


def test_the_worst_of_several_series_is_named() -> None:
    """M8."""
    series = [Seen(70, labels="{a}"), Seen(91, labels="{b}"), Seen(12, labels="{c}")]
    assert measure(metric(series="max"), series, NOW) == Measured(91, NOW, "{b}")
    assert measure(metric(series="min"), series, NOW) == Measured(12, NOW, "{c}")


@pytest.mark.parametrize(("value", "spelled"), [(math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf")])
def test_what_is_not_a_number_is_not_picked_around(value: float, spelled: str) -> None:
    """The series that can't be read may be the worst one."""
    assert told(measure(metric(), [Seen(value)], NOW)) == (Missing.NOT_A_NUMBER, spelled)
    several = [Seen(1, labels="{a}"), Seen(value, labels="{b}"), Seen(math.nan, labels="{c}")]
    assert told(measure(metric(series="max"), several, NOW)) == (
        Missing.NOT_A_NUMBER,
        f"{spelled} in {{b}}, and 1 more",
    )


def test_an_old_number_is_stale() -> None:
    """R1: by the plan's `stale_after`, or five minutes."""
    old = [Seen(4, NOW - timedelta(seconds=150))]
    assert isinstance(measure(metric(), old, NOW), Measured)
    assert told(measure(metric(stale_after="2m"), old, NOW)) == (Missing.STALE, "2m30s old, at most 2m allowed")
    assert told(measure(metric(), [Seen(4, NOW - timedelta(minutes=6))], NOW))[0] is Missing.STALE


def test_one_old_series_makes_the_worst_of_all_unknown() -> None:
    series = [Seen(4), Seen(3, NOW - timedelta(hours=1))]
    assert told(measure(metric(series="max"), series, NOW))[0] is Missing.STALE


def test_a_number_from_the_future_shows_that_clocks_differ() -> None:
    missing, detail = told(measure(metric(), [Seen(4, NOW + timedelta(minutes=3))], NOW))
    assert missing is Missing.STALE
    assert detail == "its time is 3m ahead of ours: look at the clocks"
    assert isinstance(measure(metric(), [Seen(4, NOW + timedelta(seconds=30))], NOW), Measured)


def test_too_few_samples_are_counted() -> None:
    enough = metric(at_least={"query": "count", "value": 5000})
    assert told(measure(enough, [Seen(4)], NOW, samples=[Seen(1200)])) == (Missing.FEW_SAMPLES, "1,200 of 5,000")
    assert told(measure(enough, [Seen(math.nan)], NOW, samples=())) == (Missing.FEW_SAMPLES, "0 of 5,000")
    assert isinstance(measure(enough, [Seen(4)], NOW, samples=[Seen(5000)]), Measured)


@pytest.mark.parametrize(
    ("samples", "missing"),
    [
        (None, Missing.NOT_ASKED),
        (NoData(Missing.TIMEOUT, "x", NOW), Missing.TIMEOUT),
        ([Seen(9000), Seen(9000)], Missing.SEVERAL_SERIES),
        ([Seen(math.nan)], Missing.NOT_A_NUMBER),
        ([Seen(9000, NOW - timedelta(hours=1))], Missing.STALE),
    ],
)
def test_a_count_of_samples_that_is_not_known_is_not_enough(samples: Answered | None, missing: Missing) -> None:
    enough = metric(at_least={"query": "count", "value": 100})
    assert told(measure(enough, [Seen(4)], NOW, samples=samples))[0] is missing


def test_no_samples_read_as_zero_need_enough_samples_too() -> None:
    errors = metric(empty_is=0, alive_when="up", at_least={"query": "count", "value": 100})
    alive = Measured(1, NOW)
    assert told(measure(errors, (), NOW, samples=[Seen(7)], alive=alive))[0] is Missing.FEW_SAMPLES
    assert measure(errors, (), NOW, samples=[Seen(700)], alive=alive) == Measured(0.0, NOW)


# ---- law 3 as a property ----------------------------------------------------------------------------------------

finite = st.floats(allow_nan=False, allow_infinity=False)
ages = st.timedeltas(min_value=-timedelta(hours=1), max_value=timedelta(hours=1))
seen = st.builds(
    lambda value, age, labels: Seen(value, NOW - age, labels), st.floats(), ages, st.sampled_from(["", "{a}", "{b}"])
)
no_data = st.builds(NoData, st.sampled_from(Missing), st.just("why"), st.just(NOW))
answers = st.one_of(st.lists(seen, max_size=4), no_data)
metrics = st.builds(
    lambda series, empty_is, witness, at_least: metric(
        series=series,
        **({"empty_is": empty_is} if empty_is is not None else {}),
        **({"alive_when": "up"} if witness else {}),
        **({"at_least": {"value": at_least, "query": "n"}} if at_least else {}),
    ),
    st.sampled_from(["one", "max", "min"]),
    st.none() | st.just(0.0),
    st.booleans(),
    st.none() | st.just(100.0),
)


def _clean(sample: Any) -> bool:
    return math.isfinite(sample.value) and -CLOCK_SKEW <= NOW - sample.at <= STALE_AFTER


@given(metrics, answers, st.none() | answers, st.none() | no_data | st.builds(Measured, finite, st.just(NOW)))
def test_only_what_was_measured_reads_as_measured(
    said: Metric, answer: Answered, samples: Answered | None, alive: Measurement | None
) -> None:
    """Law 3: a number comes out only of fresh numbers, or where the plan's own words stand for nothing."""
    measurement = measure(said, answer, NOW, samples=samples, alive=alive)
    if isinstance(measurement, NoData):
        return
    assert math.isfinite(measurement.value)
    answered = () if isinstance(answer, NoData) and answer.missing is Missing.EMPTY else answer
    assert not isinstance(answered, NoData), "only an empty answer may stand for something"
    assert all(_clean(sample) for sample in answered)
    if answered:
        assert measurement.value in {sample.value for sample in answered}
        assert said.series != "one" or len(answered) == 1
    else:
        assert said.empty_is is not None
        assert isinstance(alive, Measured)
    if said.at_least is not None:
        assert samples is not None
        assert not isinstance(samples, NoData)
        assert samples[0].value >= said.at_least.value


@given(metrics, st.lists(seen, min_size=1, max_size=4).map(lambda several: [s for s in several if _clean(s)]))
def test_the_worst_is_never_better_than_any_other(said: Metric, answer: list[Seen]) -> None:
    measurement = measure(said, answer, NOW, samples=[Seen(100)])
    if isinstance(measurement, Measured) and answer:
        values = [sample.value for sample in answer]
        assert measurement.value == {"one": values[0], "max": max(values), "min": min(values)}[said.series]


# ---- baselines --------------------------------------------------------------------------------------------------


def spec(samples: int = 3) -> BaselineSpec:
    return BaselineSpec.model_validate({"before_start": "30m", "samples": samples})


def test_a_baseline_is_the_median_of_what_are_numbers() -> None:
    history = [Seen(1), Seen(math.nan), Seen(9), Seen(2), Seen(3)]
    assert baseline(history, spec(), NOW) == (2.5, 4)


def test_a_baseline_of_too_few_samples_is_none() -> None:
    missing, detail = told_baseline([Seen(1), Seen(math.nan)])
    assert missing is Missing.NO_BASELINE
    assert detail == "1 of 3 samples, 1 not numbers"


def test_a_baseline_that_could_not_be_asked_says_why() -> None:
    assert told_baseline(NoData(Missing.TIMEOUT, "x", NOW)) == (Missing.TIMEOUT, "x")


def told_baseline(answer: Answered) -> tuple[Missing, str]:
    given = baseline(answer, spec(), NOW)
    assert isinstance(given, NoData)
    return given.missing, given.detail
