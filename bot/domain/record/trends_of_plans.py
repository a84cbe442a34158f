"""Many ended rollouts of a plan at once: how often, how long, how they ended, and why those that failed did.

Of plans and conditions, never of persons: nobody is to be ranked by what they approved or overruled.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from statistics import mean, median

from bot.domain.machine import ENDS, State
from bot.domain.overrides import Outcome
from bot.domain.record.alarms import CauseKind
from bot.domain.record.durations import Phase
from bot.domain.record.summary import Summary

WEEK = timedelta(weeks=1)
_COUNTED = ENDS - {State.OBSERVED}
BARS = 26
"""The most periods that a picture shows."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long something took: of so many, the median, the 90th percentile and the longest."""

    count: int = 0
    median: timedelta = timedelta(0)
    p90: timedelta = timedelta(0)
    longest: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch of the calendar: how many ended in it, by how they ended."""

    since: datetime
    ended: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rollouts came down, counted. `what` is "" where the kind says it all."""

    kind: CauseKind
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class OfCondition:
    """What one condition has done: how often it fired, how often people called that false, how overrides of it went."""

    condition: str
    fired: int = 0
    false: int = 0
    overruled: Mapping[Outcome, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waited:
    """How long gates waited for one role entry of the plan."""

    whom: str
    lengths: Lengths


@dataclass(frozen=True, slots=True)
class Trends:
    """The trends of one plan, or of all. Shares are from 0 to 1, of the time that rollouts were live."""

    plan: str
    since: datetime | None
    first: datetime | None
    last: datetime | None
    count: int
    ended: Mapping[State, int]
    periods: Sequence[Period]
    period: timedelta
    """How long each period is."""
    took: Lengths
    """Those that completed, from start to end."""
    took_down: Lengths
    """Those that were rolled back or killed."""
    shares: Mapping[Phase, float]
    blind: float
    reasons: Sequence[Reason]
    conditions: Sequence[OfCondition]
    overrides: Mapping[Outcome, int]
    false_alarms: int
    alarms: int
    to_zero: Lengths
    to_zero_mean: timedelta | None
    waited: Sequence[Waited]
    pending: int = 0
    """Ended rollouts that aren't summed up yet, and so aren't counted here."""

    @property
    def good(self) -> float | None:
        """The share that completed of all that moved traffic to an end; None where there was none."""
        ends = [self.ended.get(state, 0) for state in (State.COMPLETED, State.ROLLED_BACK, State.KILLED)]
        return ends[0] / sum(ends) if sum(ends) else None

    @property
    def for_people(self) -> float:
        """The share of time that waited for people: open gates and holds."""
        return self.shares.get(Phase.WAITING, 0.0) + self.shares.get(Phase.HELD, 0.0)


def trends(summaries: Iterable[Summary], *, plan: str = "", since: datetime | None = None, pending: int = 0) -> Trends:
    """Add up what has ended; what is live is left out, and so is what was only observed."""
    over = sorted(
        (each for each in summaries if each.ended_at is not None and each.state in _COUNTED and each.mode != "observe"),
        key=_end,
    )
    width, periods = _periods(over)
    zero = [timedelta(seconds=each.to_zero_s) for each in over if each.to_zero_s is not None]
    live = sum((each.ended_at - each.started_at for each in over if each.ended_at), timedelta(0))
    return Trends(
        plan=plan,
        since=since,
        first=_end(over[0]) if over else None,
        last=_end(over[-1]) if over else None,
        count=len(over),
        ended=Counter(each.state for each in over),
        periods=periods,
        period=width,
        took=_lasted(over, State.COMPLETED),
        took_down=_lasted(over, State.ROLLED_BACK, State.KILLED),
        shares=_shares(over),
        blind=sum(each.blind_s for each in over) / live.total_seconds() if live else 0.0,
        reasons=_reasons(over),
        conditions=_conditions(over),
        overrides=Counter(word.outcome for each in over for word in each.overrides),
        false_alarms=sum(len(each.false_alarms) for each in over),
        alarms=sum(len(each.alarms) for each in over),
        to_zero=lengths(zero),
        to_zero_mean=timedelta(seconds=mean(span.total_seconds() for span in zero)) if zero else None,
        waited=_waited(over),
        pending=pending,
    )


def lengths(spans: Sequence[timedelta]) -> Lengths:
    """Median and 90th percentile (the smallest that nine tenths don't exceed) of lengths of time."""
    if not spans:
        return Lengths()
    order = sorted(spans)
    middle = timedelta(seconds=median(span.total_seconds() for span in order))
    return Lengths(len(order), middle, order[ceil(0.9 * len(order)) - 1], order[-1])


def _end(summary: Summary) -> datetime:
    return summary.ended_at or summary.started_at


def _lasted(over: Iterable[Summary], *states: State) -> Lengths:
    return lengths([_end(each) - each.started_at for each in over if each.state in states])


def _periods(over: Sequence[Summary]) -> tuple[timedelta, Sequence[Period]]:
    """Whole weeks from Monday on, or several weeks together where they would be too many; the empty ones too."""
    if not over:
        return WEEK, ()
    first, last = _monday(_end(over[0])), _end(over[-1])
    width = WEEK * ceil(((last - first) // WEEK + 1) / BARS)
    found = [Counter[State]() for _ in range((last - first) // width + 1)]
    for each in over:
        found[(_end(each) - first) // width][each.state] += 1
    return width, [Period(first + place * width, ended) for place, ended in enumerate(found)]


def _monday(at: datetime) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _shares(over: Iterable[Summary]) -> Mapping[Phase, float]:
    total: Counter[Phase] = Counter()
    for each in over:
        for phase, seconds in each.spent_s.items():
            total[phase] += seconds  # type: ignore[assignment]
    whole = sum(total.values())
    return {phase: total[phase] / whole for phase in Phase if whole and total[phase]}


def _reasons(over: Iterable[Summary]) -> Sequence[Reason]:
    """Ranked; each rollout counts once for each condition that took it down. What people wrote isn't told apart."""
    told: Counter[tuple[CauseKind, str]] = Counter()
    for each in over:
        told.update(
            {(cause.kind, cause.what if cause.kind in ("condition", "no_data") else "") for cause in each.causes}
        )
    ranked = sorted(told.items(), key=lambda item: (-item[1], item[0]))
    return [Reason(kind, what, count) for (kind, what), count in ranked]


def _conditions(over: Sequence[Summary]) -> Sequence[OfCondition]:
    """Those that have fired, most often first; of one rollout each condition fires once for each alarm."""
    fired, false = Counter[str](), Counter[str]()
    overruled: dict[str, Counter[Outcome]] = defaultdict(Counter)
    for each in over:
        for alarm in each.alarms:
            fired.update(alarm.conditions)
        for mark in each.false_alarms:
            false.update(mark.conditions)
        for word in each.overrides:
            for condition in word.conditions:
                overruled[condition][word.outcome] += 1
    names = {*fired, *false, *overruled}
    found = [OfCondition(name, fired[name], false[name], dict(overruled.get(name, {}))) for name in names]
    return sorted(found, key=lambda each: (-each.fired, -each.false, each.condition))


def _waited(over: Iterable[Summary]) -> Sequence[Waited]:
    """By whom the plan asks for, the longest median first."""
    spans: dict[str, list[timedelta]] = defaultdict(list)
    for each in over:
        for wait in each.waits:
            if wait.kind == "gate":
                for whom in wait.of:
                    spans[whom].append(wait.lasted(_end(each)))
    found = [Waited(whom, lengths(every)) for whom, every in spans.items()]
    return sorted(found, key=lambda each: (-each.lengths.median, each.whom))


def by_plan(summaries: Iterable[Summary]) -> Mapping[str, list[Summary]]:
    """Summaries by their plan's name, in the order of the names."""
    found: dict[str, list[Summary]] = defaultdict(list)
    for each in summaries:
        found[each.plan].append(each)
    return {plan: found[plan] for plan in sorted(found)}
