"""What the engine needs from outside: one Protocol each. The only file that an adapter's author must read.

All calls are async. The engine gives each call its deadline and cancels it then; an adapter must leave nothing
half-open when cancelled, and must be safe to call again. Adapters translate their library's exceptions into the
faults below, cause kept (`raise … from`), with a text that is safe to show: one line, redacted, no secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from bot.domain.evidence import Entry, Head, Record
from bot.domain.measurements import Measurement, NoData
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.domain.units import Weight

Clock = Callable[[], datetime]
"""Tells the time, aware UTC. Only the shell has one; the domain is told `now`."""


# ---- faults -----------------------------------------------------------------------------------------------------


class OutsideFault(Exception):
    """The far side didn't do what was asked. `str()` is safe to show."""


class OutOfReach(OutsideFault):
    """No answer, or not in time, or an overloaded far side: trying again later may help."""


class Denied(OutsideFault):
    """The far side refused us (credentials, rights, no such thing): trying again won't help until a person acts."""


class Nonsense(OutsideFault):
    """The far side answered something that can't be understood, or something other than what was set."""


# ---- numbers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """What a source is asked. Equal questions to one source are asked once per tick.

    `ask` is the metric's part, validated by the kind's `ask` model (a frozen pydantic model); `side` is the label
    text that fills `$side` in queries.
    """

    ask: BaseModel
    side: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One series' value at a time, as the source gives it: NaN stays NaN. `labels` names the series for people."""

    value: float
    at: datetime
    labels: str = ""


Answer = tuple[Sample, ...] | NoData
"""All series of an instant answer (none is `()`), or why there was no answer."""


class Source(Protocol):
    """Where numbers come from. One object per entry of `sources:`; used by many questions at once."""

    async def ask(self, question: Question, at: datetime) -> Answer:
        """Answer as of `at`. Never raises OutsideFault: a far side that fails is NoData with the reason."""
        ...

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """All samples of the one series between two times, oldest first, for baselines; NoData where it can't."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


# ---- traffic and kill switches ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrafficState:
    """A weight as read back, and what the far side literally said (redacted), for the evidence's before and after."""

    weight: Weight
    shown: str


class Traffic(Protocol):
    """One place where the canary's share of traffic is set."""

    @property
    def target(self) -> str:
        """What is moved, without secrets; two rollouts with the same target exclude each other."""
        ...

    async def read(self) -> TrafficState:
        """The weight that is in force. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def apply(self, weight: Weight) -> None:
        """Ask for a weight; asking twice is the same as once. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def rehearse(self) -> str:
        """Try rights and reach without changing anything; returns one line on what was tried. Raises like `read`."""
        ...

    async def aclose(self) -> None: ...


class KillMethod(Protocol):
    """One way to switch the new thing off, whatever its weight."""

    @property
    def target(self) -> str:
        """What is switched off, without secrets."""
        ...

    async def former(self) -> str:
        """What stands there now, to be put back by `restore`; opaque, no secrets. Raises like `engage`."""
        ...

    async def engage(self) -> None:
        """Switch off; safe to repeat. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def engaged(self) -> bool:
        """Read back: is it off? Raises like `engage`."""
        ...

    async def restore(self, former: str) -> None:
        """Put back what `former` said. Raises like `engage`."""
        ...

    async def rehearse(self) -> str:
        """Dry run: try rights and reach without changing anything. Raises like `engage`."""
        ...

    async def aclose(self) -> None: ...


class Confirmation(Protocol):
    """R10: a further look at whether a weight has arrived, besides the adapter's own read-back."""

    async def confirms(self, weight: Weight) -> bool:
        """True when the far side shows `weight`. Raises OutOfReach, Denied or Nonsense."""
        ...

    async def aclose(self) -> None: ...


# ---- people -----------------------------------------------------------------------------------------------------


class Lane(StrEnum):
    """Urgent: verdicts, kills, gates, answers to people. Routine: snapshots and edits."""

    URGENT = "urgent"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something to say, put in the outbox with the state that it explains; worded when it is sent.

    `say` names a function of `bot.wording`; `facts` are its frozen facts (JSON-able). `to` is `#channel`, a channel
    id, `user:U…` for a direct message, or "" for the plan's channel. With `thread`, it goes under the rollout's status
    message; with `edits`, the message posted earlier under that key is changed in place (and messages for one
    `edits` key that haven't gone out yet become one). `key` makes it unique: the same key is never posted twice.
    """

    say: str
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    lane: Lane = Lane.ROUTINE
    to: str = ""
    thread: bool = False
    broadcast: bool = False
    edits: str = ""
    only_for: str = ""
    """A user id: an ephemeral answer, seen by that person alone."""


@dataclass(frozen=True, slots=True)
class Said:
    """A worded message: `text` is a whole sentence (notifications, screen readers), `blocks` its rich form."""

    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands: Slack's channel id and timestamp."""

    channel: str
    ts: str


class SlowDown(OutsideFault):
    """Too much at once: nothing was posted; wait `retry_after_s` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"asked to wait {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class Uncertain(OutsideFault):
    """The connection broke in the middle: the message may stand, or not. Look before repeating."""


class Messenger(Protocol):
    """Says things where people are. Raises SlowDown, Uncertain, OutOfReach or Denied (never to be repeated as is)."""

    async def post(self, to: str, said: Said, *, thread: str = "", broadcast: bool = False, mark: str = "") -> Posted:
        """Post; `mark` is kept with the message so that `find` can find it."""
        ...

    async def edit(self, posted: Posted, said: Said, *, mark: str = "") -> None: ...

    async def whisper(self, channel: str, user: str, said: Said) -> None:
        """An ephemeral message; falls back to a direct one where the person isn't in the channel."""
        ...

    async def find(self, to: str, mark: str, *, thread: str = "") -> Posted | None:
        """A message that was posted with this mark, or None."""
        ...

    async def reactions(self, posted: Posted) -> Mapping[str, Sequence[str]]:
        """Who reacted with what on a message: reaction name → user ids."""
        ...


class Directory(Protocol):
    """Who people are (S6)."""

    async def groups_of(self, user: str, wanted: Sequence[str]) -> frozenset[str]:
        """Which of `wanted` (ids, `@handles` of people or groups) this user is or belongs to.

        Raises OutOfReach or Denied; then whoever asks decides: closed for up, known operators for down.
        """
        ...

    async def members(self, wanted: Sequence[str]) -> frozenset[str]:
        """The ids of all users that `wanted` names, alone or by group. Raises OutOfReach or Denied."""
        ...

    async def refused(self, user: str) -> str:
        """Why this user may never act (guest, bot, deactivated, another workspace), or ""."""
        ...


# ---- memory -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """All that one save brings, in one transaction with the rollout's new state."""

    evidence: tuple[Entry, ...] = ()
    messages: tuple[Outgoing, ...] = ()
    measured: Mapping[str, Measurement] = field(default_factory=dict)
    """Raw measurements by metric, for the table that can be archived."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it arrived. `key` is its delivery key: the same key is kept once."""

    key: str
    at: datetime
    request: Mapping[str, Any]


class Rollouts(Protocol):
    """Rollouts and their evidence. Raises Stale on a save over a newer revision; StoreAway when it can't answer."""

    async def create(self, rollout: Rollout, tree: Mapping[str, Any], change: Change) -> Rollout:
        """Keep a new rollout (revision becomes 1) and its frozen plan.

        Raises AlreadyLive where the plan has a live rollout in that environment (a unique index decides).
        """
        ...

    async def save(self, rollout: Rollout, change: Change) -> Rollout:
        """Keep state, evidence and messages together, over the revision that `rollout` carries.

        Returns it with the next revision. Raises Stale, and changes nothing, when the row has moved on.
        """
        ...

    async def load(self, id: str) -> Rollout:
        """Raises UnknownRollout."""
        ...

    async def live(self) -> Sequence[Rollout]: ...

    async def latest(self, plan: str = "", limit: int = 10) -> Sequence[Rollout]:
        """Newest first, ended ones included; of one plan, or of all."""
        ...

    async def claim(self, now: datetime, owner: str, lease_s: float, limit: int) -> Sequence[Rollout]:
        """Take watched rollouts that are due and not leased by somebody else, oldest due first."""
        ...

    async def tree(self, digest: str) -> Mapping[str, Any]:
        """The frozen plan's tree."""
        ...

    async def note(self, chain: str, entries: Sequence[Entry]) -> None:
        """Append evidence that changes no state (refusals, the workspace's chain)."""
        ...

    async def records(self, chain: str) -> Sequence[Record]: ...

    async def head(self, chain: str) -> Head: ...

    async def revision(self, id: str) -> int:
        """The row's present revision: the fence before an outside call."""
        ...


class StoreAway(Exception):
    """The database can't be reached, written, or read in time."""


class Plans(Protocol):
    """The plans on offer, and frozen ones."""

    def names(self) -> Sequence[str]: ...

    def find(self, name: str, environment: str = "") -> tuple[Plan, Mapping[str, Any]]:
        """A plan as it stands in its file now, and its tree. Raises UnknownPlan or BrokenPlan."""
        ...

    def unsupported(self, name: str, environment: str = "") -> Sequence[str]:
        """What the plan asks for that would judge or act, and that this version can't do; such a plan can't start."""
        ...

    def thaw(self, tree: Mapping[str, Any], environment: str) -> Plan:
        """A frozen plan, read again; plans that an older Perch froze included."""
        ...


class Inbox(Protocol):
    """Each delivery once (law 6). Raises StoreAway."""

    async def take(self, delivery: Delivery) -> bool:
        """Keep it and commit; False when this key was taken before."""
        ...

    async def waiting(self) -> Sequence[Delivery]:
        """Taken and not yet worked on, oldest first: also what a crash left."""
        ...

    async def done(self, key: str) -> None: ...


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
    """What is still to be said, in order. Raises StoreAway."""

    async def add(self, messages: Sequence[Outgoing], now: datetime, rollout: str = "") -> None:
        """Put messages in that explain no state (answers to people). Known keys are ignored."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Queued]:
        """Urgent before routine, then oldest first; never a later message of a rollout's thread before an earlier
        one of the same lane; of several edits of one message only the newest (the others are marked as said)."""
        ...

    async def sending(self, number: int) -> None:
        """About to be posted: if nothing else is heard, it is uncertain."""
        ...

    async def said(self, number: int, posted: Posted | None, now: datetime) -> None:
        """It stands. Where it has a place of its own, that place is kept under its key."""
        ...

    async def later(self, number: int, until: datetime, why: str, *, uncertain: bool) -> None: ...

    async def gave_up(self, number: int, why: str, now: datetime) -> None: ...

    async def place(self, rollout: str, key: str) -> Posted | None:
        """Where the message with this key stands, if it was posted."""
        ...

    async def at_place(self, posted: Posted) -> tuple[str, str] | None:
        """The (rollout id, key) of a message of ours, or None."""
        ...


# ---- the kill path's own memory: small local files, no database -------------------------------------------------


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

    def cards(self) -> Sequence[Card]: ...

    def begin(self, act: Spooled) -> bool:
        """Write the intent, durably. False when an act with this key is in the spool already."""
        ...

    def outcome(self, key: str, outcome: Mapping[str, Any]) -> None:
        """Append one outcome to an act, durably."""
        ...

    def spooled(self) -> Sequence[Spooled]:
        """All acts that aren't merged into evidence yet, oldest first."""
        ...

    def unreadable(self) -> Sequence[Path]:
        """Files of ours that can't be read: a kill may be hidden in one, so nobody raises while there are any."""
        ...

    def merged(self, key: str) -> None:
        """The act is in evidence now; its file goes (its key stays known as done)."""
        ...
