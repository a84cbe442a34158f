"""What a rollout knows of its actions besides traffic (R20): a value for each, in the order in which they began."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.planning.actions import Lasts
from bot.domain.planning.parts import Part
from bot.domain.value import Value

When = Literal["before", "after", "completed"]


class Done(StrEnum):
    """How far an action is."""

    OWED = "owed"
    """Wanted, and not done yet; once `begun_at` is set nobody knows whether it was."""
    DONE = "done"
    FAILED = "failed"
    LEAVING = "leaving"
    """To be taken back."""
    GONE = "gone"
    """Taken back, or nothing there to be taken back."""


class Act(Value):
    """One action of one rollout. `key` names it outside; its part is kept here, for the plan may change meanwhile."""

    key: str
    stage: int
    when: When
    number: int
    """Its place in the plan's list."""
    what: str
    part: Part
    lasts: Lasts
    how: Done = Done.OWED
    begun_at: datetime | None = None
    """When it was first begun: from then on it must be taken back."""
    done_at: datetime | None = None
    tries: int = 0
    """Failed ones in a row."""
    next_at: datetime | None = None
    """Before this it isn't tried again."""
    fault: str = ""

    @property
    def open(self) -> bool:
        """Something is still to be done for it, in a rollout that has ended too."""
        return self.how is Done.LEAVING or (self.when != "before" and self.how in (Done.OWED, Done.FAILED))
