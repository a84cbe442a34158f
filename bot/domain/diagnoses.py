"""What a rollout knows of the diagnoses of its metrics (R14); their answers are in the evidence."""

from __future__ import annotations

from datetime import datetime

from bot.domain.value import Value
from bot.domain.verdicts import Line


class Diagnosing(Value):
    """The newest diagnosis of one metric, on record before it begins."""

    id: str
    metric: str
    at: datetime
    rank: int = 0
    """How bad the metric was: 0 not at all, 1 a warning, 2 a failed condition, 3 a trigger that fired."""
    lines: tuple[Line, ...] = ()
    """The conditions that said so."""
    by: str = ""
    """Who asked for it, where a person did."""
    over: bool = False
    """The metric has been good since."""
    answered_at: datetime | None = None
    unfinished: bool = False
    """It was begun, and whoever began it never came to an answer."""
