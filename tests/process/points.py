"""Named points in a process, and what happens there: nothing, or the fault that a test has ordered.

A point is a place beside a commit or an outside call: `before save promoted`, `after traffic.apply 1%`. Each pass is
written to the trace, a file that outlives the process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

Deed = Literal["kill", "pause", "raise", "delay"]


@dataclass(frozen=True, slots=True)
class Fault:
    """At the `nth` pass of `point`: die by SIGKILL, stop by SIGSTOP, raise, or take `seconds` longer.

    `point` may have `*` in it, for any text. `times`: how many passes from the nth on.
    """

    point: str
    do: Deed = "kill"
    nth: int = 1
    seconds: float = 0.0
    times: int = 1

    def meets(self, point: str, passed: int) -> bool:
        """Whether it happens at this pass; `passed` counts from 1."""
        return self.names(point) and self.nth <= passed < self.nth + self.times

    def names(self, point: str) -> bool:
        """Whether it is about this point."""
        return fnmatchcase(point, self.point)


class Points:
    """All points of one process. `away` makes what a fault raises, from a line for people."""

    def __init__(self, faults: Sequence[Fault], trace: Path) -> None:
        self._faults = faults
        self._passed: Counter[Fault] = Counter()
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, line: str) -> None:
        """One line of the trace; the kernel keeps it whatever becomes of us."""
        os.write(self._trace, f"{line}\n".encode())

    @asynccontextmanager
    async def around(self, name: str, away: Callable[[str], Exception]) -> AsyncIterator[None]:
        """Pass `before NAME`, then, unless the call raises, `after NAME`."""
        await self.at(f"before {name}", away)
        yield
        await self.at(f"after {name}", away)

    @contextmanager
    def around_blocking(self, name: str, away: Callable[[str], Exception]) -> Iterator[None]:
        """The same in a thread."""
        time.sleep(self.meet(f"before {name}", away))
        yield
        time.sleep(self.meet(f"after {name}", away))

    async def at(self, point: str, away: Callable[[str], Exception]) -> None:
        """Pass one point."""
        if delay := self.meet(point, away):
            await asyncio.sleep(delay)

    def meet(self, point: str, away: Callable[[str], Exception]) -> float:
        """Pass one point without waiting; returns the seconds that a fault wants it to take."""
        self.write(point)
        delay = 0.0
        for fault in self._faults:
            if not fault.names(point):
                continue
            self._passed[fault] += 1
            if not fault.meets(point, self._passed[fault]):
                continue
            self.write(f"{fault.do} at {point}")
            match fault.do:
                case "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "pause":
                    os.kill(os.getpid(), signal.SIGSTOP)
                case "raise":
                    raise away(f"a planned fault at '{point}'")
                case "delay":
                    delay += fault.seconds
        return delay
