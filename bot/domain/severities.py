"""An incident: how bad it is, what it is, whose word that is, from when to when (E10)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bot.domain.value import Value


class Severity(StrEnum):
    """Four steps, the worst first."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"

    def at_least(self, other: Severity) -> bool:
        """Whether it is as bad as another, or worse."""
        return self.value <= other.value


_CALLED = {
    "critical": Severity.SEV1,
    "major": Severity.SEV2,
    "minor": Severity.SEV3,
    "low": Severity.SEV4,
}
CALLED = {severity: word for word, severity in _CALLED.items()}
"""What people call each step."""


def severity(word: str) -> Severity | None:
    """`sev1`, `SEV-1` or `critical`; None for any other word."""
    told = word.strip().lower().replace("-", "").replace("_", "")
    return _CALLED.get(told) or next((each for each in Severity if each.value == told), None)


class Heard(Value):
    """What another system says of an incident of its own: that it has begun, or is over. `source` names it."""

    source: str
    severity: Severity
    what: str
    began: datetime
    at: datetime
    """When what it says happened: told late, or out of order, it's still that."""
    over: bool = False


class Incident(Value):
    """One incident of one rollout. `source` is whose word it is: `person`, or another system's with its own id."""

    id: str
    severity: Severity
    what: str
    at: datetime
    by: str
    source: str = "person"
    heard_at: datetime | None = None
    """Of when its source's newest word on it is, where that changed nothing: what is older came late."""
    ended_at: datetime | None = None
    ended_by: str = ""

    @property
    def known_at(self) -> datetime:
        """As of when it is known to be open, or over."""
        return max(filter(None, (self.at, self.heard_at, self.ended_at)))

    @property
    def open(self) -> bool:
        return self.ended_at is None
