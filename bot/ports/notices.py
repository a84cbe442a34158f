"""How people are told outside of Slack: pagers, trackers, hooks (O4, R11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.plan import Plan
from bot.domain.urgencies import Act, Urgency

Enclosing = Callable[[], Awaitable[Mapping[str, bytes]]]
"""Makes the papers of a rollout that has ended: files by name, none for one that is under way. Raises StoreAway."""


async def nothing_enclosed() -> Mapping[str, bytes]:
    """No papers."""
    return {}


@dataclass(frozen=True, slots=True)
class Notice:
    """One happening of one rollout, for one notifier. `key` makes it the same notice when it is told again; notices
    about the same `rollout` are about the same trouble."""

    key: str
    rollout: str
    event: str
    """As the record calls it: `rolling_back`, `stuck`, `rolled_back`, `completed`, …"""
    act: Act
    urgency: Urgency | None
    subject: str
    """One line that says the outcome."""
    text: str
    """Plain lines: what happened, why, where to look."""
    at: datetime
    plan: str
    service: str
    environment: str
    version: str = ""
    reason: str = ""
    classes: tuple[str, ...] = ()
    """Of the breach that it is about (R22)."""
    links: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()
    """What `tell` said of the notices about the same rollout before this one, the oldest first: a far side whose search
    lags needn't be searched for what it was told a moment ago."""
    enclosing: Enclosing = nothing_enclosed
    whole: Plan | None = None
    """The plan itself, for a far side that draws it."""


NOTIFIER = "notifier:"
"""How a message's `to` begins that is for a notifier; its name in the plan follows."""


def is_for_a_notifier(to: str) -> bool:
    """Whether a message is told to one of the plan's notifiers."""
    return to.startswith(NOTIFIER)


class Notifier(Protocol):
    """One far side. The engine gives each call its deadline, calls again what failed, for days if it must, and tells
    the notices of one rollout one after the other, in the order in which things happened.

    Raises OutOfReach or Nonsense where trying again soon may help, Uncertain where it may have been told all the same
    (then it is tried again only after a pause), and Denied where a person has to mend something first.
    """

    @property
    def target(self) -> str:
        """Which far side it is, for people; no secrets."""
        ...

    async def tell(self, notice: Notice) -> str:
        """Tell it; says what came of it, for the record. The same `key` told twice is told once, as far as the far
        side can know it by a name."""
        ...

    async def rehearse(self) -> str:
        """Whether `tell` would get through, as far as that can be known without telling; says what was found."""
        ...

    async def aclose(self) -> None: ...
