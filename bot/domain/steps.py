"""A step: a changed rollout, and what happened on the way. What decides returns one; the ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.rollout import PERCH, Person, Rollout


@dataclass(frozen=True, slots=True)
class Happening:
    """Something worth a record and perhaps a message. `kind` names the evidence record and the wording."""

    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    by: Person = PERCH


@dataclass(frozen=True, slots=True)
class Step:
    """A changed rollout, and what happened on the way."""

    rollout: Rollout
    happenings: tuple[Happening, ...] = ()
    emergency: str = ""
    """Why the kill switch must be pulled now; the kill path has its own way to the world."""

    def also(self, *happenings: Happening) -> Step:
        return Step(self.rollout, (*self.happenings, *happenings), self.emergency)
