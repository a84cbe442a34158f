"""Service level objectives: which level a value keeps, what may go wrong, and how fast that is being used up (R13).

Of "The Site Reliability Workbook" (Beyer, Murphy, Rensin, Kawahara, Thorne; O'Reilly 2018), chapters 2 and 5:

    error budget = 1 − target              what may be bad: of the events, or of the time, of the SLO's window
    budget left  = 1 − bad / error budget  1 is all of it, 0 none; `bad` is the bad share over the whole window
    burn rate    = bad / error budget      over a shorter window; 1 uses up exactly the budget by the window's end

Burn over several windows is the lowest of them, so that it's high only where all are: the long one shows that it
matters, the short one that it goes on (chapter 5, "Multiwindow, Multi-Burn-Rate Alerts": 14.4 over 1 h and 5 min).
A share at most (`< 1%`) is bad itself: errors, losses. What is no such share (a latency, how full a disk is) is bad, or
isn't, at each moment; of it `error_budget` is the part of the time in which it may be bad.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from bot.domain.language.levels import Level
from bot.domain.planning.slos import Slo
from bot.domain.units import Dimension, Unit, convert
from bot.domain.value import Value

MOST = 0.5
"""A target that allows more than this part of everything to be bad leaves no error budget by itself."""


class SloLevel(StrEnum):
    """Which of an SLO's levels a value still keeps, best first."""

    PASS = "pass"
    WARNING = "warning"
    CRITICAL = "critical"
    VIOLATED = "violated"


class Figure(Value):
    """A number of an SLO, or why there is none."""

    value: float | None = None
    missing: str = ""


class SloSeen(Value):
    """One SLO as a check saw it. `actual` is in `unit`; `budget` is what is left, in percent of the whole."""

    name: str
    target: str
    window: timedelta
    unit: str
    actual: Figure = Figure()
    level: SloLevel | None = None
    budget: Figure = Figure()
    burns: dict[str, Figure] = {}
    """By window, as plans write it."""

    @property
    def exhausted(self) -> bool:
        """Whether nothing of a known budget is left."""
        return self.budget.value is not None and self.budget.value <= 0


def unit_of(slo: Slo, metric_unit: Unit | None) -> Unit:
    """The unit of an SLO's actual value: its metric's, or percent of the events."""
    return metric_unit if slo.metric is not None and metric_unit is not None else Unit.PERCENT


def level_of(slo: Slo, value: float, unit: Unit) -> SloLevel:
    """The best of the SLO's levels that a value keeps; what keeps none of those written is violated."""
    levels = ((SloLevel.PASS, slo.target), (SloLevel.WARNING, slo.warning), (SloLevel.CRITICAL, slo.critical))
    kept = (name for name, level in levels if level is not None and keeps(level, value, unit))
    return next(kept, SloLevel.VIOLATED)


def keeps(level: Level, value: float, unit: Unit) -> bool:
    """Whether a value, in `unit`, is on the good side of a level."""
    return level.op.holds(value, convert(level.number.value, level.number.unit, unit))


def allowed(slo: Slo) -> float | None:
    """The error budget: the share, 0 to 1, that may be bad. None where there is none."""
    if slo.error_budget is not None:
        return float(slo.error_budget.rstrip("%")) / 100
    return implied(slo)


def implied(slo: Slo) -> float | None:
    """What a target that is a share leaves. What allows more than half to be bad is no error budget: memory < 90%."""
    target = slo.target
    if target.number.unit is not Unit.PERCENT:
        return None
    share = target.number.value / 100
    budget = share if target.low_is_good else 1 - share
    return budget if budget <= MOST else None


def by_moments(slo: Slo, unit: Unit) -> bool:
    """Whether a value is bad or isn't, instead of by so much: no share, or one whose budget is of the time."""
    if unit.dimension is not Dimension.SHARE:
        return True
    budget, said = implied(slo), allowed(slo) if slo.error_budget is not None else None
    return said is not None and (budget is None or not math.isclose(said, budget))


def badness(slo: Slo, value: float, unit: Unit) -> float:
    """Which share of a moment's events was bad, 0 to 1; or, judged by moments, all or nothing."""
    if by_moments(slo, unit):
        return 0.0 if keeps(slo.target, value, unit) else 1.0
    share = convert(value, unit, Unit.PERCENT) / 100
    return min(max(share if slo.target.low_is_good else 1 - share, 0.0), 1.0)


def left(bad: float, budget: float) -> float:
    """The part of the error budget that is left, in percent, 0 to 100; `bad` and `budget` are shares."""
    return min(max(round(100 * (1 - bad / budget), 6), 0.0), 100.0)


def burn(bad: float, budget: float) -> float:
    """How many times as fast as it may be the budget is being used up."""
    return bad / budget


# ---- all of them together -------------------------------------------------------------------------------------------


def all_pass(seen: Sequence[SloSeen]) -> bool | None:
    """Whether each keeps its target. One that doesn't settles it; without data of one, nobody knows."""
    return _all(seen, frozenset({SloLevel.PASS}))


def none_fails(seen: Sequence[SloSeen]) -> bool | None:
    """Whether each keeps its target, or the level where it only warns."""
    return _all(seen, frozenset({SloLevel.PASS, SloLevel.WARNING}))


def any_violated(seen: Sequence[SloSeen]) -> bool | None:
    """Whether one keeps none of its levels."""
    fine = _all(seen, frozenset(SloLevel) - {SloLevel.VIOLATED})
    return None if fine is None else not fine


def _all(seen: Sequence[SloSeen], good: frozenset[SloLevel]) -> bool | None:
    if any(each.level is not None and each.level not in good for each in seen):
        return False
    return True if seen and all(each.level is not None for each in seen) else None


def together(windows: Sequence[Figure]) -> Figure:
    """Burn over several windows: the lowest of them, or why one isn't known."""
    values = [each.value for each in windows if each.value is not None]
    if not windows or len(values) < len(windows):
        missing = next((each.missing for each in windows if each.value is None), "")
        return Figure(missing=missing or "not asked")
    return Figure(value=min(values))
