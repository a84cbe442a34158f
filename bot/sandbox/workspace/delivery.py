"""Brings to the app what people do: commands and clicks once, events again until they are taken."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.sandbox.workspace.changes import Changes
from bot.sandbox.workspace.json_value import Json


class Kind(StrEnum):
    """What an envelope holds, in Socket Mode's words."""

    EVENT = "events_api"
    COMMAND = "slash_commands"
    INTERACTION = "interactive"


@dataclass(frozen=True)
class Outcome:
    """How the app took something: `error` is what a person would be shown (None: it was acknowledged).

    `body` is what the acknowledgement carried; `after_s` the seconds until it came.
    """

    error: str | None = None
    body: Json = field(default_factory=dict)
    after_s: float = 0.0

    @property
    def acked(self) -> bool:
        """Whether the app acknowledged in time."""
        return self.error is None


OPERATION_TIMEOUT = "operation_timeout"
DISPATCH_FAILED = "dispatch_failed"


@dataclass(frozen=True)
class Retry:
    """Which repetition of an event this is, from 1, and why the one before failed."""

    number: int
    reason: str


class Route(Protocol):
    """A way to the app."""

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None) -> Outcome:
        """Hand one payload over and wait for the acknowledgement; never raises for a failing app."""
        ...


class Delivery:
    """Uses the route that is in place, and repeats events that were not taken."""

    def __init__(self, route: Route, event_retries_s: Sequence[float], changes: Changes) -> None:
        self.route = route
        self._changes = changes
        self._event_retries_s = event_retries_s
        self._under_way: set[asyncio.Task[None]] = set()
        self._lost = 0

    def lose_acknowledgements(self, times: int) -> None:
        """Deliver each of the next payloads again, as Slack does when the answer to the first try got lost."""
        self._lost += times

    async def ask(self, kind: Kind, payload: Json) -> Outcome:
        """Deliver a command or an interaction: once, as Slack does."""
        return await self._deliver(kind, payload)

    def tell(self, payload: Json) -> None:
        """Deliver an event in the background, and again after each of the retry times."""
        task = asyncio.get_running_loop().create_task(self._until_taken(payload))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def stop(self) -> None:
        """Give up on what is still under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _until_taken(self, payload: Json) -> None:
        outcome = await self._deliver(Kind.EVENT, payload)
        for number, wait_s in enumerate(self._event_retries_s, start=1):
            if outcome.acked:
                return
            await asyncio.sleep(wait_s)
            retry = Retry(number, _reason(outcome))
            outcome = await self._deliver(Kind.EVENT, payload, retry)

    async def _deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Outcome:
        outcome = await self.route.deliver(kind, payload, retry)
        if self._lost:
            self._lost -= 1
            outcome = await self.route.deliver(kind, payload, Retry(1, "http_timeout"))
        self._changes.note("delivered", envelope=kind.value, error=outcome.error)
        return outcome


def _reason(outcome: Outcome) -> str:
    return "http_timeout" if outcome.error == OPERATION_TIMEOUT else "http_error"
