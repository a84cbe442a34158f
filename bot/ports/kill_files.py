"""The kill path's own memory: small local files, for when there is no database (law 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel


class Card(BaseModel):
    """The kill card: all that a kill or a rollback needs when nothing else answers. Holds names of secrets only."""

    rollout: str
    plan: str
    environment: str
    revision: int
    tree: dict[str, Any]
    """The frozen plan, `${NAME}` not filled in."""
    confirmed: float
    """Percent, as last confirmed."""
    back_to: float
    """Percent, where a rollback goes."""
    operators: tuple[str, ...]
    """Slack user ids that may go down even while Slack can't be asked."""
    former: dict[str, str]
    made_at: datetime
    completed: bool = False
    """The rollout ended well and keeps its weight: it can still be killed by name, and `kill --all` leaves it."""


class Spooled(BaseModel):
    """One downward act, in its own file: the intent first, then what came of it."""

    key: str
    what: str
    """`kill` or `rollback`."""
    rollout: str
    plan: str
    environment: str
    by: str
    by_name: str
    reason: str
    at: datetime
    outcomes: tuple[dict[str, Any], ...] = ()


class KillFiles(Protocol):
    """Kill cards and the spool. Synchronous and fsynced: some milliseconds, on purpose."""

    def keep_card(self, card: Card) -> None:
        """Write or replace the card, durably, before the call returns."""
        ...

    def card(self, rollout: str) -> Card | None:
        """One card, without reading the others; None where there is none."""
        ...

    def drop_card(self, rollout: str) -> None: ...

    def cards(self, plan: str = "") -> Sequence[Card]:
        """All cards; or, without reading the others, those of one plan whose rollouts' ids begin with its name."""
        ...

    def begin(self, act: Spooled) -> bool:
        """Write the intent, durably. False when an act with this key is in the spool already.

        A disk that refuses stops no kill: the act is then kept in memory, and a visible one like the others.
        """
        ...

    def outcome(self, key: str, outcome: Mapping[str, Any]) -> None:
        """Append one outcome to an act, durably; nothing to do where the act is merged already."""
        ...

    def spooled(self) -> Sequence[Spooled]:
        """All acts that aren't merged into evidence yet, oldest first."""
        ...

    def only_remembered(self, key: str) -> bool:
        """Whether this act is in no file, but in this process's memory alone."""
        ...

    def rehearse(self) -> None:
        """Write and remove a file where cards and acts would be. Raises StoreAway, with what to do."""
        ...

    def unreadable(self) -> Sequence[Path]:
        """Files of ours that can't be read: a kill may be hidden in one, so nobody raises while there are any."""
        ...

    def merged(self, key: str) -> None:
        """The act is in evidence now; its file goes (its key stays known as done)."""
        ...

    def done(self) -> Sequence[Spooled]:
        """Acts that were merged in the last weeks, oldest first: what a restored older database may not know of."""
        ...
