"""What a check sees and says: a line for each condition, a verdict over all, and what is counted on from then."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.slos import SloSeen
from bot.domain.value import Value


class Verdict(StrEnum):
    """What a check says, worst first."""

    BREACH = "breach"
    NO_DATA = "no_data"
    FAIL = "fail"
    WARN = "warn"
    PASS = "pass"

    @property
    def promotable(self) -> bool:
        return self in (Verdict.PASS, Verdict.WARN)


Role = Literal["hard", "soft", "trigger", "item"]


class Line(Value):
    """One condition's outcome in a check, ready to be shown and kept as evidence."""

    role: Role
    condition: str
    metric: str = ""
    met: bool | None = None
    """For hard and soft: it holds. For a trigger: it fired. None: no data."""
    value: float | None = None
    unit: str = ""
    threshold: float | None = None
    reference: float | None = None
    deviation: float | None = None
    """From the reference, in percent of it."""
    detail: str = ""
    since: datetime | None = None
    counts: bool = True
    """False while it is only shown: the stage settles, or the condition's `after` hasn't come."""


class Check(Value):
    """One evaluation of all conditions of a stage."""

    at: datetime
    stage: int
    verdict: Verdict
    settling: bool = False
    lines: tuple[Line, ...] = ()
    items: tuple[Line, ...] = ()
    """The checklist's automatic items: needed for leaving the stage, no part of the verdict (R19)."""
    slos: tuple[SloSeen, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether hard conditions count already; while a stage settles only triggers speak."""
        return not self.settling or any(line.counts for line in self.lines if line.role == "hard")

    @property
    def warnings(self) -> frozenset[str]:
        """Soft conditions that aren't met or lack data."""
        soft = [line for line in self.lines if line.role == "soft" and line.counts]
        return frozenset(line.condition for line in soft if line.met is not True)


class Streak(Value):
    """How long, and how many checks in a row, a condition has been seen true."""

    since: datetime | None = None
    last: datetime | None = None
    times: int = 0
    looked: datetime | None = None
    """The newest check, one without data included: tells no data from nobody looking."""


class Tally(Value):
    """What is counted of a metric since the stage's traffic was confirmed: good answers out of all, and any fall."""

    good: int = 0
    total: int = 0
    last: float | None = None
    """Of what must never decrease: its newest value, before a fall."""
    fell: str = ""
    """The first fall, for people."""
