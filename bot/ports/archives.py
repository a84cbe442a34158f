"""Where the papers of an ended rollout are kept (E9): archives, mail, and the queue between the two and the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.domain.plan import Part
from bot.domain.rollout import Rollout
from bot.ports.notices import Notice


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is kept of one rollout: files by name. A name is one step: letters, digits, `.`, `-`, `_`.

    `number` is that of the last record in it: a later parcel of the same rollout has a higher one.
    """

    rollout: Rollout
    number: int
    files: Mapping[str, bytes]


class Archive(Protocol):
    """One destination. The engine gives each call its deadline, and calls again what failed, for days if it must.

    Raises OutOfReach or Nonsense where trying again may help, and Denied where a person has to mend something first.
    """

    @property
    def target(self) -> str:
        """Which place it is, for people; no secrets."""
        ...

    async def put(self, parcel: Parcel) -> str:
        """Keep the files; says where they lie.

        The same files put twice are kept once, also after a try of which nobody knows how it ended. What lies there
        under a name with another content isn't lost: the newer is kept beside it, or after it in a history.
        """
        ...

    async def rehearse(self) -> str:
        """Whether `put` would find its place, without changing anything there; says what was found."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `key` makes it the same letter when it is sent again: mail systems know it by that."""

    to: str
    subject: str
    text: str
    key: str
    files: Mapping[str, bytes] = field(default_factory=dict)


class Mailer(Protocol):
    """Sends mail. Raises OutOfReach, or Denied where a person has to mend something first."""

    @property
    def target(self) -> str:
        """Through which server, for people; no secrets."""
        ...

    async def send(self, letter: Letter) -> str:
        """Hand it to the mail server; says what that answered.

        A connection that breaks before the answer may mean a second copy: mail has no way to ask.
        """
        ...

    async def rehearse(self) -> str:
        """Whether the server takes us, without sending anything."""
        ...

    async def aclose(self) -> None: ...


class Papers(Protocol):
    """What there is to be kept of a rollout, and what is mailed. Raises StoreAway, UnknownRollout."""

    async def parcel(self, rollout: str) -> Parcel:
        """All files, as of one moment. The same record gives the same bytes."""
        ...

    async def letter(self, job: Job) -> Letter:
        """The mail of a job, worded from the newest state, with what a reader can open beside it."""
        ...

    async def notice(self, job: Job) -> Notice:
        """What a job tells a notifier, worded from the newest state; its papers are made when they are asked for."""
        ...


MAIL = "mail"
"""The kind of a job that is a letter. No plan names it under `keep:`; `notify:` asks for it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to be kept at one destination, or mailed to one address, until it's done.

    `part` is the destination as the plan (or PERCH_KEEP) named it: names of secrets, never secrets. `says` is what a
    letter is about: the message as it stood in the outbox; nothing for what is kept.
    """

    id: str
    rollout: str
    number: int
    """The last record when it was asked for; 0 for a letter."""
    part: Part
    made_at: datetime
    says: Mapping[str, Any] = field(default_factory=dict)
    tries: int = 0
    told: bool = False
    """Its trouble has been told."""
    lane: str = ""
    """Jobs of one lane share its room: a far side that hangs holds up its own lane and no other."""
    line: str = ""
    """Jobs of one line are worked on one after the other, by `turn`; "" is no line."""
    turn: int = 0
    newest: bool = False
    """It makes those before it in its line pointless: they are dropped, as is what comes late with an earlier turn."""

    @property
    def mail(self) -> bool:
        return self.part.kind == MAIL

    @property
    def notice(self) -> bool:
        """It is told to a notifier of the plan's."""
        return "notifier" in self.says

    @property
    def whom(self) -> str:
        """Where it goes, for people."""
        if self.notice:
            return str(self.says["notifier"])
        return str(self.part.options.get("to", "")) if self.mail else self.part.kind


class Standing(StrEnum):
    """Of a job in its line."""

    FIRST = "first"
    BEHIND = "behind"
    """One before it is being worked on."""
    OVERTAKEN = "overtaken"
    """A newer one has made it pointless."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An ended rollout of whose record something is new since it was last looked at."""

    rollout: Rollout
    number: int
    """Its last record's."""


class Keepings(Protocol):
    """The queue of jobs. Each is worked on by one process at a time. Raises StoreAway."""

    async def ended(self, limit: int) -> Sequence[Ended]:
        """Ended rollouts with nothing left to verify, whose newest records nobody has asked to be kept yet."""
        ...

    async def ask(self, jobs: Sequence[Job], swept: Ended | None = None) -> None:
        """Put jobs in, those that are known already left out, and remember how far `swept` was looked at: together."""
        ...

    async def lanes(self, now: datetime, rollout: str = "") -> Sequence[str]:
        """The lanes in which something is due, of one rollout or of all."""
        ...

    async def claim(
        self, now: datetime, owner: str, lease_s: float, limit: int, lane: str, rollout: str = ""
    ) -> Sequence[Job]:
        """Take jobs of a lane that are due and nobody's, of one rollout or of all. `owner` names this very claim.

        Of a line only the first is due; one that is the `newest` waits for those alone that somebody works on.
        """
        ...

    async def standing(self, job: Job, now: datetime) -> Standing:
        """How a claimed job stands in its line right before it is worked on: others may have come meanwhile."""
        ...

    async def known(self, line: str) -> bool:
        """Whether anything was ever asked for in a line."""
        ...

    async def places(self, line: str) -> Sequence[str]:
        """What came of those of a line that are done, by turn."""
        ...

    async def done(self, job: Job, owner: str, place: str, now: datetime) -> None:
        """It lies there: with its record in the workspace's chain and, with the last of its rollout, its message.

        Does nothing where another process has taken it over: that one will say so.
        """
        ...

    async def overtaken(self, job: Job, owner: str, now: datetime) -> None:
        """Drop it: what came after it says more. Does nothing where another process has taken it over."""
        ...

    async def later(self, job: Job, owner: str, until: datetime, why: str, *, tell: bool = False) -> None:
        """Try again at `until`; with `tell`, say in the channel that it isn't done, once."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """How a job stands. `state` is waiting, done or dropped; `place` where it lies, `why` what kept it from that."""

    job: Job
    state: str
    place: str = ""
    why: str = ""
    done_at: datetime | None = None
