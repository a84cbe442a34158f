"""Things that go wrong on purpose, so that a test can see what the app makes of them."""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.workspace.refusals import Refused


@dataclass
class _Refusal:
    error: str
    times: int
    status: int
    retry_after_s: int | None


class Outage(StrEnum):
    """How all of Slack is away at once."""

    CUT = "cut"
    """Connections are cut before anything is done."""
    HTML = "html"
    """A gateway's error page in place of an answer."""
    HANG = "hang"
    """No answer, until the outage ends."""


class Faults:
    """Planned refusals, hanging methods and dropped connections, by Web API method; and outages of everything."""

    def __init__(self) -> None:
        self._refusals: dict[str, deque[_Refusal]] = {}
        self._hanging: dict[str, asyncio.Event] = {}
        self.left: dict[str, int] = {}
        """How many calls of a method hang now."""
        self._drops: dict[str, int] = {}
        self.outage: Outage | None = None
        self._over = asyncio.Event()

    def begin(self, outage: Outage) -> None:
        """From now on nothing of the Web API works, whatever is called."""
        self.outage = outage
        self._over = asyncio.Event()

    def end(self) -> None:
        """Everything works again; what hung is answered."""
        self.outage = None
        self._over.set()

    async def over(self) -> None:
        """Wait for the end of the outage."""
        await self._over.wait()

    def refuse(self, method: str, error: str, times: int, status: int, retry_after_s: int | None) -> None:
        """Answer the next `times` calls with this error; several plans for a method queue up."""
        plan = _Refusal(error, times, status, retry_after_s)
        self._refusals.setdefault(method, deque()).append(plan)

    def hang(self, method: str) -> None:
        """Leave calls of this method unanswered until `release`."""
        self._hanging.setdefault(method, asyncio.Event())

    def release(self, method: str) -> None:
        """Answer them after all."""
        if waiting := self._hanging.pop(method, None):
            waiting.set()

    def release_all(self) -> None:
        """Nothing hangs any more."""
        self.end()
        for method in list(self._hanging):
            self.release(method)

    def drop(self, method: str, times: int) -> None:
        """Carry the next `times` calls out, then cut the connection in place of an answer."""
        self._drops[method] = self._drops.get(method, 0) + times

    async def meet(self, method: str) -> None:
        """What a call meets first: hang, then perhaps be refused (raises Refused)."""
        if waiting := self._hanging.get(method):
            self.left[method] = self.left.get(method, 0) + 1
            await waiting.wait()
            self.left[method] -= 1
        plans = self._refusals.get(method)
        if not plans:
            return
        plan = plans[0]
        plan.times -= 1
        if plan.times <= 0:
            plans.popleft()
        raise Refused(plan.error, status=plan.status, retry_after_s=plan.retry_after_s)

    def drops_now(self, method: str) -> bool:
        """Whether this call's answer is lost; counts it."""
        left = self._drops.get(method, 0)
        self._drops[method] = max(0, left - 1)
        return left > 0
