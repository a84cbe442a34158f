"""Why a rollout doesn't rise: a hold of its own, or a freeze over it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.domain.person import Person
from bot.domain.value import Value

HoldThen = Literal["hold", "rollback", "kill"]
HoldCause = Literal[
    "person",
    "on_fail",
    "no_data",
    "drift",
    "unconfirmed",
    "both_sides",
    "gate",
    "limit",
    "restored",
    "breach",
    "freeze",
    "budget",
    "task",
    "action",
    "version",
    "window",
]


class Hold(Value):
    """Why progress stopped, whose it is, until when, and what happens then."""

    why: str
    owner: str
    since: datetime
    until: datetime | None = None
    then: HoldThen = "hold"
    cause: HoldCause


class Frozen(Value):
    """The freeze that covers a rollout: nothing of it rises. `service` is "" where everything is frozen."""

    freeze: str
    service: str
    why: str
    by: Person
    until: datetime | None = None
    """None: until somebody lifts it."""

    def stands(self, now: datetime) -> bool:
        return self.until is None or now < self.until
