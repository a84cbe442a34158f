"""What a person can ask of Perch, and what Perch answers: the one way in for every surface.

A typed verb, a button, a reaction, a shell command and a webhook become the same `Request`. A `Desk` carries requests
out or raises a `Refusal` that names the next step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from bot.domain.errors import PerchError, Refusal
from bot.domain.evidence import Broken, Head, Record
from bot.domain.freezes import Freeze
from bot.domain.measurements import Measurement
from bot.domain.plan import Plan
from bot.domain.planning.diff import Difference
from bot.domain.record.summary import Summary, Wanted
from bot.domain.rollout import Check, Person, Rollout
from bot.domain.severities import Heard, Severity
from bot.domain.units import Weight
from bot.engine.recounting import Recounted

Surface = Literal["verb", "button", "reaction", "shell", "webhook", "modal"]
How = Literal["raise", "observe", "adopt"]
NO_REASON = "no reason given"
"""What is kept where somebody stops a thing and says nothing: who it was stands beside it."""
Right = Literal["operate", "approve", "override", "stop"]


class Request(BaseModel):
    """One thing that one person asked, as it arrived. `key` is its delivery key: the same key acts once (law 6)."""

    model_config = ConfigDict(frozen=True)

    verb: str
    words: tuple[str, ...] = ()
    actor: Person
    channel: str = ""
    key: str
    at: datetime
    surface: Surface = "verb"
    rollout: str = ""
    stage: int | None = None
    revision: int | None = None
    gate: str = ""
    reason: str = ""
    undo: bool = False
    """A reaction that was taken back."""
    heard: Heard | None = None
    """What another system says of an incident of its own; no person's request has it."""


class Start(BaseModel):
    """What a start asks for. `weight` is None where none was said: only watching needs none."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    plan: str
    weight: Weight | None
    version: str = ""
    environment: str = ""
    """"" is the plan's own."""
    override: str = ""
    fix: str = ""
    """What was fixed, and the reference of the fix: they end a cooldown early."""
    reason: str = ""
    watcher: str = ""
    """A user's id or handle; "" is whoever starts it."""
    how: How = "raise"
    """Raise it from nothing; only watch what others do (U2); or take over what is at this weight already (U2)."""


class Changed(BaseModel):
    """How a plan differs from the one of its last rollout (U5). `lines` are (where, before, now), "" for nothing."""

    model_config = ConfigDict(frozen=True)

    since: str
    """The rollout that ran the former plan."""
    before: str
    after: str
    """The two digests."""
    lines: tuple[tuple[str, str, str], ...] = ()
    more: int = 0
    """How many lines were left out."""


class Reply(BaseModel):
    """The answer to a request: `text` is a whole sentence; seen by the asker alone unless `in_channel`."""

    model_config = ConfigDict(frozen=True)

    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    in_channel: bool = False
    refused: bool = False
    """Nothing was done, and the text says why."""


class KillAsked(BaseModel):
    """One rollout of a `kill all`. `fault`: why its switch wasn't thrown, or ""; `still_on`: what doesn't read back."""

    model_config = ConfigDict(frozen=True)

    rollout: str
    name: str
    fault: str = ""
    still_on: tuple[str, ...] = ()


class Cold(BaseModel):
    """What came of a freeze or of lifting one."""

    model_config = ConfigDict(frozen=True)

    freezes: tuple[Freeze, ...]
    """Begun, lifted, or changed."""
    touched: tuple[str, ...] = ()
    """Plans of live rollouts: under a new freeze, or left on hold by one that ended."""
    left: tuple[Freeze, ...] = ()
    """What still stands after lifting."""


class Desk(Protocol):
    """What people can ask of the engine. Each raises a Refusal with a next step; what it returns is already saved."""

    async def start(self, request: Request, start: Start) -> Rollout:
        """Raises everything at once that stands in the way and can be known now."""
        ...

    async def obstacles(self, request: Request, start: Start) -> Sequence[Refusal]:
        """What a start would be refused for now; nothing is started, and nothing goes on record."""
        ...

    async def changed(self, plan: str, environment: str = "") -> Changed | None:
        """How a plan's file differs from what its last rollout ran; None where it doesn't, or there was none (U5)."""
        ...

    def environments(self, plan: str) -> Sequence[str]:
        """Those that a plan has values for, its own first. Raises UnknownPlan or BrokenPlan."""
        ...

    async def approve(self, request: Request, rollout_id: str) -> Rollout: ...

    async def withdraw(self, request: Request, rollout_id: str) -> Rollout: ...

    async def reject(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def tick(self, request: Request, rollout_id: str, which: str, *, done: bool) -> Rollout:
        """Tick an item of the open gate's checklist, by its number or words; `done` False takes the tick back."""
        ...

    async def acknowledge(self, request: Request, rollout_id: str, which: str) -> Rollout:
        """Say that a checkpoint was seen: by its name, or with "" the newest that is open."""
        ...

    async def promote(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def override(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        """Overrule the present verdict: a gate opens on it that still needs everything else."""
        ...

    async def newer(self, rollout: Rollout) -> Sequence[Difference]:
        """How the plan's file differs from what the rollout goes by. Raises BrokenPlan."""
        ...

    async def replan(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        """Ask the approvers to let the plan's file, as it is now, take the place of the frozen plan."""
        ...

    async def accept_plan(self, request: Request, rollout_id: str) -> Rollout: ...

    async def reject_plan(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def hold(self, request: Request, rollout_id: str, reason: str, lasting: timedelta | None) -> Rollout: ...

    async def resume(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def rollback(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def kill(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def kill_all(self, request: Request, reason: str) -> Sequence[KillAsked]:
        """Kill every live rollout; returns what came of each. Waits for nothing (law 2)."""
        ...

    async def diagnose(self, request: Request, rollout_id: str, metric: str) -> Sequence[str]:
        """Look at a metric as its runbook says, or with "" at all that are bad now; returns their names (R14)."""
        ...

    async def open_incident(self, request: Request, rollout_id: str, severity: Severity, what: str) -> Rollout: ...

    async def hear_incident(self, request: Request, rollout_id: str, heard: Heard) -> Rollout:
        """What another system says of an incident of its own."""
        ...

    async def end_incident(self, request: Request, rollout_id: str, id: str) -> Rollout:
        """End one by its id, or with "" the only one that is open."""
        ...

    async def watch(self, request: Request, rollout_id: str, to: str) -> Rollout:
        """Make somebody its watcher: a user's id or handle, "" for whoever asks."""
        ...

    async def rearm(self, request: Request, rollout_id: str, *together: str) -> Sequence[Rollout]:
        """Put back what kills had changed: of one rollout, or of several at once, which may share a switch."""
        ...

    async def freeze(
        self, request: Request, service: str, reason: str, lasting: timedelta | None, exempt: Sequence[str]
    ) -> Cold:
        """Let nothing of a service rise ("" is all of them), for a time, or with None until it's lifted."""
        ...

    async def unfreeze(self, request: Request, service: str, reason: str, only: Sequence[str]) -> Cold:
        """Lift it, or with `only` let these plans go on under it. What was held stays held."""
        ...

    async def standing(self) -> Sequence[Freeze]:
        """The freezes that stand."""
        ...

    async def services(self) -> Mapping[str, str]:
        """The service of each plan on offer, by the plan's name."""
        ...

    async def find(self, name: str, *, live: bool) -> Rollout:
        """By id, plan name, or nearly. Raises UnknownRollout or AmbiguousRollout with the correction."""
        ...

    async def live(self, plan: str = "") -> Sequence[Rollout]: ...

    async def latest(self, plan: str = "", limit: int = 10) -> Sequence[Rollout]: ...

    async def killed(self, plan: str) -> Sequence[Rollout]:
        """Those of a plan that were killed and not rearmed, in whichever environment, newest first."""
        ...

    async def recount(self, wanted: Wanted, most: int | None = None, *, all_of_them: bool = False) -> Recounted:
        """How rollouts went, from the record: the newest `most` that ended, and what is live.

        `all_of_them` sums up every one that isn't summed up yet, however long that takes.
        """
        ...

    async def summary(self, rollout: Rollout) -> Summary:
        """How one rollout went so far."""
        ...

    async def lacking(self, plan: str = "") -> int:
        """How many ended rollouts aren't summed up yet."""
        ...

    async def links(self, rollout_ids: Sequence[str]) -> Mapping[str, str]:
        """Addresses of rollouts' threads; those that aren't known in time are left out."""
        ...

    async def known_plans(self) -> Sequence[str]:
        """Names of all plans on offer, and of those that have had a rollout."""
        ...

    async def false_alarm(self, request: Request, rollout_id: str, reason: str) -> Rollout:
        """Put on record that what fired last in a rollout was a false alarm; it may have ended long ago."""
        ...

    async def undo_false_alarm(self, request: Request, rollout_id: str) -> Rollout:
        """Take the newest such word back: for who gave it, and for operators."""
        ...

    async def judge(self, request: Request, rollout_id: str, word: str, reason: str, place: int | None) -> Rollout:
        """A person's word on how an override turned out: right, wrong, unclear, or computed for none."""
        ...

    async def plan_of(self, rollout: Rollout) -> Plan:
        """The plan as it was frozen with the rollout."""
        ...

    def plans(self) -> Sequence[str]: ...

    def plan(self, name: str, environment: str = "") -> Plan:
        """A plan as its file stands now. Raises UnknownPlan or BrokenPlan."""
        ...

    async def glimpse(self, rollout: Rollout) -> tuple[Check, Mapping[str, Measurement]]:
        """Ask the sources now. Changes nothing, and counts as no check."""
        ...

    async def records(self, rollout: Rollout) -> Sequence[Record]: ...

    async def head(self, rollout: Rollout) -> Head: ...

    async def verify(self, rollout: Rollout) -> Broken | None: ...

    async def send_report(self, request: Request, rollout: Rollout) -> bool:
        """Have its report posted in its thread as a file; False where there is nobody to post it."""
        ...

    async def refused(self, request: Request, why: PerchError) -> None:
        """Put a refusal on record (E1). Never raises."""
        ...

    async def permit(self, request: Request, what: Right, plan: Plan) -> None:
        """Raises NotAllowed where this person may not."""
        ...
