"""What is kept: rollouts with their evidence, freezes, what came in, what is still to be said, and the plans."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.domain.evidence import Broken, Entry, Head, Record
from bot.domain.freezes import Freeze
from bot.domain.measurements import Measurement
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.ports.people import Outgoing, Posted

Clock = Callable[[], datetime]
"""Tells the time, aware UTC. Only the shell has one; the domain is told `now`."""


@dataclass(frozen=True, slots=True)
class Change:
    """All that one save brings, in one transaction with the rollout's new state."""

    evidence: tuple[Entry, ...] = ()
    messages: tuple[Outgoing, ...] = ()
    measured: Mapping[str, Measurement] = field(default_factory=dict)
    """Raw measurements by metric, for the table that can be archived."""
    claim: str = ""
    """The claim that this rests on: kept only while it holds. "" for what needs none, as people's acts don't."""
    patient: bool = False
    """What can wait: kept only while no look is under way, which would have been for nothing then."""
    trees: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Frozen plans by digest that this speaks of, to be kept with it."""
    beside: frozenset[str] | None = None
    """For a new rollout: the live ones that it was compared with, by id. Kept only where there are no others by now."""
    delivery: str = ""
    """The key of the delivery that this is the effect of: kept only by who works on it, and once (law 6)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it arrived. `key` is its delivery key: the same key is kept once."""

    key: str
    at: datetime
    request: Mapping[str, Any]
    acted: bool = False
    """Its effect is on record already, by a process that didn't come to saying so."""


class Rollouts(Protocol):
    """Rollouts and their evidence. Raises Stale on a save over a newer revision; StoreAway when it can't answer."""

    async def create(self, rollout: Rollout, tree: Mapping[str, Any], change: Change) -> Rollout:
        """Keep a new rollout (revision becomes 1) and its frozen plan.

        Raises AlreadyLive where the plan has a live rollout in that environment (a unique index decides), and Stale
        where another one has come to life that `change` doesn't name as looked at.
        """
        ...

    async def save(self, rollout: Rollout, change: Change) -> Rollout:
        """Keep state, evidence and messages together, over the revision that `rollout` carries.

        Returns it with the next revision. Raises Stale, and changes nothing, when the row has moved on, or the
        claim that `change` names has lapsed or is another's, or it is patient and somebody looks just now; NotOurs
        when its delivery is another's.
        """
        ...

    async def load(self, id: str) -> Rollout:
        """Raises UnknownRollout."""
        ...

    async def live(self, plan: str = "") -> Sequence[Rollout]:
        """All that live, or those of a plan: there is one for each environment at the most."""
        ...

    async def latest(self, plan: str = "", limit: int = 10, environment: str = "") -> Sequence[Rollout]:
        """Newest first, ended ones included; of one plan and one environment, or of all."""
        ...

    async def claim(self, now: datetime, owner: str, lease_s: float, limit: int) -> Sequence[Rollout]:
        """Take watched rollouts that are due and not leased by somebody else, oldest due first.

        `owner` names this very claim: never the same name twice, or an older claim would pass for a newer one.
        """
        ...

    async def renew(self, now: datetime, claims: Mapping[str, str], lease_s: float) -> None:
        """Hold claims (owner by rollout id) for longer; those that have lapsed, or are another's, stay so."""
        ...

    async def bring_forward(self, now: datetime, beyond: timedelta) -> None:
        """After a clock was set back: what waits for a time further ahead than `beyond` is due now. Rollouts, and
        messages and letters that are to be tried again."""
        ...

    async def tree(self, digest: str) -> Mapping[str, Any]:
        """The frozen plan's tree."""
        ...

    async def note(self, chain: str, entries: Sequence[Entry]) -> None:
        """Append evidence that changes no state (refusals, the workspace's chain)."""
        ...

    async def records(self, chain: str) -> Sequence[Record]: ...

    async def head(self, chain: str) -> Head: ...

    async def verify(self, chain: str) -> Broken | None:
        """The first bad record, or None; records and head as of one moment, or a save between would look like a cut."""
        ...

    async def revision(self, id: str) -> int:
        """The row's present revision: the fence before an outside call."""
        ...


class Freezes(Protocol):
    """What is frozen. Each write brings its record in the workspace's chain and its messages along (law 4).

    Raises StoreAway.
    """

    async def begin(self, freeze: Freeze, change: Change) -> bool:
        """Keep a new freeze; False, and nothing changes, when its id is known (law 6)."""
        ...

    async def replace(self, before: Freeze, after: Freeze, change: Change) -> bool:
        """Keep a changed or ended freeze; False, and nothing changes, when it isn't as `before` any more."""
        ...

    async def open(self) -> Sequence[Freeze]:
        """All that haven't ended, oldest first; also those whose deadline has come and isn't told yet."""
        ...


class Inbox(Protocol):
    """Each delivery once (law 6), worked on by one process at a time. Raises StoreAway."""

    async def take(self, delivery: Delivery) -> bool:
        """Keep it and commit; False when this key was taken before. Whoever takes it in works on it."""
        ...

    async def waiting(self) -> Sequence[Delivery]:
        """What is ours to work on, oldest first: what we took in, and what others left undone for a lease's time."""
        ...

    async def done(self, key: str) -> None:
        """Nothing is left to do for it. Does nothing when another process has taken it over."""
        ...


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the outbox. `rollout` is its rollout's id, or "" for one that belongs to none."""

    number: int
    rollout: str
    outgoing: Outgoing
    tries: int
    uncertain: bool
    """An earlier try may have been posted: look for its mark (the key) before repeating."""
    at: datetime


class Outbox(Protocol):
    """What is still to be said, in order, by one process at a time. Raises StoreAway."""

    async def may_send(self, now: datetime) -> bool:
        """Whether it is for this process to send: one at a time, and another when that one is gone."""
        ...

    async def add(self, messages: Sequence[Outgoing], now: datetime, rollout: str = "") -> None:
        """Put messages in that explain no state (answers to people). Known keys are ignored."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Queued]:
        """Urgent before routine, then oldest first; never a later message of a rollout's thread before an earlier
        one of the same lane; of several edits of one message only the newest (the others are marked as said)."""
        ...

    async def sending(self, number: int, until: datetime) -> None:
        """About to be posted, and landed by `until` if at all: unless more is heard, it is uncertain and due then.

        Whoever looked for it earlier could miss what still lands; an older edit could land on a newer one.
        Raises NotOurs for one that was said or replaced meanwhile.
        """
        ...

    async def said(self, number: int, posted: Posted | None, now: datetime) -> None:
        """It stands. Where it has a place of its own, that place is kept under its key."""
        ...

    async def later(self, number: int, until: datetime, why: str, *, uncertain: bool) -> None: ...

    async def gave_up(self, number: int, why: str, now: datetime) -> None: ...

    async def readdress(self, number: int, to: str) -> None:
        """It goes elsewhere from now on, as a message of its own, and may go at once; its key stays."""
        ...

    async def waiting(self, says: Collection[str]) -> Sequence[Queued]:
        """Posts of these kinds (by `say`) that aren't said yet, oldest first; none of those `to` SECOND_WAY."""
        ...

    async def newest(self, to: str) -> tuple[int, str] | None:
        """The number and key of the newest message to a place, said or not."""
        ...

    async def place(self, rollout: str, key: str) -> Posted | None:
        """Where the message with this key stands, if it was posted."""
        ...

    async def at_place(self, posted: Posted) -> tuple[str, str] | None:
        """The (rollout id, key) of a message of ours, or None."""
        ...


class Plans(Protocol):
    """The plans on offer, and frozen ones."""

    def names(self) -> Sequence[str]: ...

    def find(self, name: str, environment: str = "") -> tuple[Plan, Mapping[str, Any]]:
        """A plan as it stands in its file now, and its tree. Raises UnknownPlan or BrokenPlan."""
        ...

    def thaw(self, tree: Mapping[str, Any], environment: str) -> Plan:
        """A frozen plan, read again; plans that an older Perch froze included."""
        ...
