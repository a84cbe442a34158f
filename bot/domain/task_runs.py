"""What a rollout knows of the tasks of its stage (O6, R24); what they brought is in the evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.domain.value import Value

Outcome = Literal["", "passed", "failed", "stopped", "unfinished"]
"""`stopped`: by what befell the rollout. `unfinished`: Perch was interrupted, and nobody knows what came of it."""


class TaskRun(Value):
    """One attempt at one task, on record before it begins."""

    id: str
    name: str
    stage: int
    mark: str
    """What the plan said of it then: a task that a changed plan says otherwise is another."""
    at: datetime
    owner: str
    """The process that put it on record, which alone may begin it."""
    until: datetime
    """By when it has ended, one way or another."""
    turn: int = 1
    ended_at: datetime | None = None
    outcome: Outcome = ""
    why: str = ""
    """Why it didn't pass."""
