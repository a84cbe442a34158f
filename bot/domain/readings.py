"""What a source's answer means for a metric: a measurement, or no data with its reason (law 3).

Everything that isn't one clean number is told apart here, before any condition sees it: an answer that failed, too few
samples, nothing, several series, NaN, an old value. Nothing is picked, guessed or filled in, but by the plan's words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Protocol

from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.domain.plan import BaselineSpec, Metric
from bot.domain.units import spell_duration

STALE_AFTER = timedelta(minutes=5)
"""How old a value may be where the plan doesn't say: Prometheus' own look-back."""

CLOCK_SKEW = timedelta(minutes=1)
"""How far ahead of us a source's clock may be before its times mean nothing."""


class Sampled(Protocol):
    """A series' value at a time, as `bot.ports.Sample`; `labels` names the series for people."""

    @property
    def value(self) -> float: ...

    @property
    def at(self) -> datetime: ...

    @property
    def labels(self) -> str: ...


Answered = Sequence[Sampled] | NoData
"""All series of an instant answer (none is empty), or why there was no answer."""


def measure(
    metric: Metric,
    answer: Answered,
    now: datetime,
    *,
    samples: Answered | None = None,
    alive: Measurement | None = None,
) -> Measurement:
    """The metric's measurement as of `now`, in its own unit.

    `samples` answers `at_least`; `alive` is the measurement of the metric that `alive_when` names, without which
    `empty_is` doesn't count: a number that is missing because its exporter is dead isn't 0.
    """
    if isinstance(answer, NoData) and not (answer.missing is Missing.EMPTY and metric.empty_is is not None):
        return answer
    if metric.at_least is not None:
        few = _too_few(metric.at_least.value, samples, now)
        if few is not None:
            return few
    if not answer or isinstance(answer, NoData):
        return _empty(metric, alive, now)
    doubt = _not_numbers(answer, now) or _not_now(answer, metric.stale_after or STALE_AFTER, now)
    if doubt is not None:
        return doubt
    return _chosen(metric, answer, now)


def _too_few(wanted: float, samples: Answered | None, now: datetime) -> NoData | None:
    if samples is None:
        return NoData(Missing.NOT_ASKED, f"whether there are {_number(wanted)} samples wasn't asked", now)
    if isinstance(samples, NoData):
        return NoData(samples.missing, f"the number of samples: {samples.detail}", samples.at)
    if len(samples) > 1:
        return NoData(Missing.SEVERAL_SERIES, f"the number of samples: {_several(samples)}", now)
    doubt = _not_numbers(samples, now) or _not_now(samples, STALE_AFTER, now)
    if doubt is not None:
        return NoData(doubt.missing, f"the number of samples: {doubt.detail}", now)
    seen = samples[0].value if samples else 0.0
    if seen >= wanted:
        return None
    return NoData(Missing.FEW_SAMPLES, f"{_number(seen)} of {_number(wanted)}", now, seen, wanted)


def _empty(metric: Metric, alive: Measurement | None, now: datetime) -> Measurement:
    if metric.empty_is is None:
        return NoData(Missing.EMPTY, "the source has no such series", now)
    if metric.alive_when is None:
        return NoData(Missing.EMPTY, f"not read as {_number(metric.empty_is)}: the plan has no alive_when for it", now)
    if not isinstance(alive, Measured):
        why = f"{metric.alive_when} has no data either" if alive else f"{metric.alive_when} wasn't asked"
        return NoData(Missing.EMPTY, f"not read as {_number(metric.empty_is)}: {why}", now)
    return Measured(metric.empty_is, now)


def _not_numbers(answer: Sequence[Sampled], now: datetime) -> NoData | None:
    bad = [sample for sample in answer if not math.isfinite(sample.value)]
    if not bad:
        return None
    name = f" in {bad[0].labels}" if bad[0].labels else ""
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return NoData(Missing.NOT_A_NUMBER, f"{_SPELLED.get(bad[0].value, 'NaN')}{name}{more}", now)


_SPELLED = {math.inf: "+Inf", -math.inf: "-Inf"}


def _not_now(answer: Sequence[Sampled], stale_after: timedelta, now: datetime) -> NoData | None:
    if not answer:
        return None
    oldest, newest = min(sample.at for sample in answer), max(sample.at for sample in answer)
    if now - oldest > stale_after:
        detail = f"{spell_duration(now - oldest)} old, at most {spell_duration(stale_after)} allowed"
        return NoData(Missing.STALE, detail, now)
    if newest - now > CLOCK_SKEW:
        return NoData(
            Missing.STALE, f"its time is {spell_duration(newest - now)} ahead of ours: look at the clocks", now
        )
    return None


def _chosen(metric: Metric, answer: Sequence[Sampled], now: datetime) -> Measurement:
    match metric.series:
        case "each":
            worst = max(answer, key=lambda sample: sample.value)
            each = tuple((sample.labels, sample.value) for sample in answer)
            return Measured(worst.value, worst.at, worst.labels, each)
        case "max":
            worst = max(answer, key=lambda sample: sample.value)
        case "min":
            worst = min(answer, key=lambda sample: sample.value)
        case _ if len(answer) > 1:
            return NoData(Missing.SEVERAL_SERIES, _several(answer), now)
        case _:
            worst = answer[0]
    return Measured(worst.value, worst.at, worst.labels)


def _several(answer: Sequence[Sampled]) -> str:
    names = ", ".join(sample.labels or "one without labels" for sample in answer[:3])
    more = f" and {len(answer) - 3} more" if len(answer) > 3 else ""
    return f"{len(answer)} series where one is meant: {names}{more}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,g}"


def baseline(answer: Answered, spec: BaselineSpec, now: datetime) -> tuple[float, int] | NoData:
    """The median of a metric's history in the metric's unit, and of how many samples; NoData where they don't do.

    Samples that aren't numbers are left out: before a start, a time without traffic is usual.
    """
    if isinstance(answer, NoData):
        return answer
    values = [sample.value for sample in answer if math.isfinite(sample.value)]
    if len(values) >= max(1, spec.samples):
        return median(values), len(values)
    left_out = len(answer) - len(values)
    detail = f"{len(values):,} of {spec.samples:,} samples" + (f", {left_out:,} not numbers" if left_out else "")
    return NoData(Missing.NO_BASELINE, detail, now)
