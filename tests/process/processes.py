"""Perch processes as a test holds them: started by fork, ended by pid, watched through their trace."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock

from tests.process.points import Fault
from tests.waiting import LOOK_EVERY_S, STORY_HANGS_S

ROOT = Path(__file__).parents[2]
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to be. `bugs` are names in tests/laws/mutants; `words` make it a shell command."""

    environment: Mapping[str, str]
    folder: Path
    clock: Path
    faults: Sequence[Fault] = ()
    bugs: Sequence[str] = ()
    only: str = ""
    words: Sequence[str] = ()
    quicker: float = 10.0


@dataclass
class Process:
    """A process that runs, or ran. Its trace tells which points it passed."""

    pid: int
    trace: Path
    log: Path
    _handle: int = field(repr=False)
    _over: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def __post_init__(self) -> None:
        asyncio.get_running_loop().add_reader(self._handle, self._ended)

    @property
    def alive(self) -> bool:
        return not self._over.is_set()

    @property
    def passed(self) -> list[str]:
        """Every line of its trace so far."""
        return self.trace.read_text().splitlines() if self.trace.exists() else []

    async def ready(self) -> str:
        """Its web address, once it is ready. Fails with its log when it ends before."""
        line = await self.shows(lambda each: each.startswith(("ready ", "broke")))
        assert line.startswith("ready"), f"{line}\n{self.last_words()}"
        return line.removeprefix("ready ")

    async def passes(self, point: str) -> str:
        """Wait until it passes this point."""
        return await self.shows(lambda each: each == point)

    async def shows(self, wanted: Callable[[str], bool]) -> str:
        """The first line of its trace that is wanted."""
        try:
            async with asyncio.timeout(STORY_HANGS_S):
                while True:
                    alive = self.alive
                    for line in self.passed:
                        if wanted(line):
                            return line
                    assert alive, f"it ended first: {self.passed[-3:]}\n{self.last_words()}"
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise AssertionError(
                f"not within {STORY_HANGS_S:g} s; last {self.passed[-3:]}\n{self.last_words()}"
            ) from None

    async def over(self) -> None:
        """Wait until it has ended, however long that takes."""
        await self._over.wait()

    async def ends(self) -> int | None:
        """Wait until it has ended: its exit code, None when it was killed."""
        async with asyncio.timeout(STORY_HANGS_S):
            await self._over.wait()
        last = self.passed[-1] if self.passed else ""
        return int(last.removeprefix("exit ")) if last.startswith("exit ") else None

    def pause(self) -> None:
        """SIGSTOP: it stands still and knows nothing of it."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM: it ends in good order."""
        self._signal(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL, and wait."""
        self._signal(signal.SIGKILL)
        await self.ends()

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def _signal(self, which: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, which)

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._handle)
        self._over.set()

    def close(self) -> None:
        """Let go of the handle, once it has ended."""
        os.close(self._handle)


def begin(order: Order) -> Process:
    """Start a process; returns at once."""
    number = next(_numbers)
    trace, log = order.folder / f"trace-{number}", order.folder / f"log-{number}"
    wanted = {
        "environment": dict(order.environment),
        "folder": str(order.folder),
        "clock": str(order.clock),
        "trace": str(trace),
        "log": str(log),
        "faults": [asdict(fault) for fault in order.faults],
        "bugs": list(order.bugs),
        "only": order.only,
        "words": list(order.words),
        "quicker": order.quicker,
    }
    pid = zygote().fork(wanted)
    return Process(pid, trace, log, os.pidfd_open(pid))


class Zygote:
    """The process that all others are forked from."""

    def __init__(self) -> None:
        self._one = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.process.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready", "the zygote didn't start"
        atexit.register(self.close)

    def fork(self, order: Mapping[str, object]) -> int:
        """Have one forked; returns its pid."""
        assert self._process.stdin is not None
        with self._one:  # A test may type in two shells at once.
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return int(self._read())

    def close(self) -> None:
        """End it; its children end with it."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(timeout=10)

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def prepare() -> None:
    """Import everything now, so that the first process is as quick as the others."""
    zygote()


@cache
def zygote() -> Zygote:
    return Zygote()
