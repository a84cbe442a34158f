"""What a person can ask of Perch, and what Perch answers: the one way in for every surface.

A typed verb, a button, a reaction, a shell command and a webhook become the same `Request`. A `Desk` carries requests
out or raises a `Refusal` that names the next step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from bot.domain.errors import PerchError
from bot.domain.evidence import Broken, Head, Record
from bot.domain.freezes import Freeze
from bot.domain.plan import Plan
from bot.domain.rollout import Person, Rollout
from bot.domain.units import Weight

Surface = Literal["verb", "button", "reaction", "shell", "webhook", "modal"]
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

    async def start(
        self,
        request: Request,
        plan: str,
        weight: Weight,
        *,
        version: str,
        environment: str,
        override: str,
        fix: str,
        observe: bool,
    ) -> Rollout: ...

    async def approve(self, request: Request, rollout_id: str) -> Rollout: ...

    async def withdraw(self, request: Request, rollout_id: str) -> Rollout: ...

    async def reject(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def promote(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def hold(self, request: Request, rollout_id: str, reason: str, lasting: timedelta | None) -> Rollout: ...

    async def resume(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def rollback(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def kill(self, request: Request, rollout_id: str, reason: str) -> Rollout: ...

    async def kill_all(self, request: Request, reason: str) -> Sequence[KillAsked]:
        """Kill every live rollout; returns what came of each. Waits for nothing (law 2)."""
        ...

    async def rearm(self, request: Request, rollout_id: str) -> Rollout: ...

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

    async def live(self) -> Sequence[Rollout]: ...

    async def latest(self, plan: str = "", limit: int = 10) -> Sequence[Rollout]: ...

    async def plan_of(self, rollout: Rollout) -> Plan:
        """The plan as it was frozen with the rollout."""
        ...

    def plans(self) -> Sequence[str]: ...

    def plan(self, name: str, environment: str = "") -> Plan:
        """A plan as its file stands now. Raises UnknownPlan or BrokenPlan."""
        ...

    async def records(self, rollout: Rollout) -> Sequence[Record]: ...

    async def head(self, rollout: Rollout) -> Head: ...

    async def verify(self, rollout: Rollout) -> Broken | None: ...

    async def refused(self, request: Request, why: PerchError) -> None:
        """Put a refusal on record (E1). Never raises."""
        ...

    async def permit(self, request: Request, what: Right, plan: Plan) -> None:
        """Raises NotAllowed where this person may not."""
        ...
