"""Where people are: what is said to them, who says it, and who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from bot.ports.charts import Chart


class Lane(StrEnum):
    """Urgent: verdicts, kills, gates, answers to people. Routine: snapshots and edits."""

    URGENT = "urgent"
    ROUTINE = "routine"


SECOND_WAY = "second way"
"""Where a message goes `to` that is for when people can't be reached as usual: to the `SecondWay`."""


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
class Picture:
    """A picture that goes with a message. `alt` says its numbers, `lost` what is said in its place."""

    chart: Chart
    alt: str
    lost: str
    file: str = ""
    """Where it was uploaded; "" until then, and when it couldn't be."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that goes with a message; its name tells it from all others in the same thread."""

    name: str
    content: str
    title: str


@dataclass(frozen=True, slots=True)
class Said:
    """A worded message: `text` is a whole sentence (notifications, screen readers), `blocks` its rich form."""

    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands: Slack's channel id and timestamp."""

    channel: str
    ts: str


class Messenger(Protocol):
    """Says things where people are. Raises SlowDown, Uncertain, OutOfReach or Denied (never to be
    repeated as is, but where it is ShutOut or Unwelcome: those may be mended)."""

    async def post(self, to: str, said: Said, *, thread: str = "", broadcast: bool = False, mark: str = "") -> Posted:
        """Post; `mark` is kept with the message so that `find` can find it."""
        ...

    async def edit(self, posted: Posted, said: Said, *, mark: str = "") -> None: ...

    async def whisper(self, channel: str, user: str, said: Said) -> None:
        """An ephemeral message; falls back to a direct one where the person isn't in the channel."""
        ...

    async def upload(self, png: bytes, name: str, alt: str) -> str:
        """Upload a picture that no place shows yet; returns what a `Picture.file` names it by.

        Nobody sees one that is uploaded twice, or for nothing. Raises as all do, never Uncertain.
        """
        ...

    async def find(self, to: str, mark: str, *, thread: str = "") -> Posted | None:
        """A message that was posted with this mark, or None."""
        ...

    async def reactions(self, posted: Posted) -> Mapping[str, Sequence[str]]:
        """Who reacted with what on a message: reaction name → user ids."""
        ...


class SecondWay(Protocol):
    """Another way to people, for when the usual one is shut: plain text, one way."""

    async def tell(self, text: str) -> None:
        """Say it once. Raises OutOfReach, Denied or Nonsense."""
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
