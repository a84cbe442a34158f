"""Runs one program to its end, without a shell, and leaves nothing of it behind: no orphan, no zombie, no open pipe.

The program leads a process group of its own; when it has ended, or its time is up, or whoever waits is cancelled, the
whole group is asked to end (TERM), and made to (KILL).
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 64 * 1024
"""How much of each output stream is kept; the rest is read and dropped, so that the program doesn't block."""

GRACE_S = 2.0
"""How long a group has between TERM and KILL."""

_DRAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit code (minus the signal's number where one ended it), and what it said."""

    code: int
    out: str
    err: str
    cut: bool
    """The output was longer than what is kept."""


class _Pipe(asyncio.Protocol):
    """Keeps the beginning of what comes through one pipe. `end` is the descriptor that the program writes to."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.kept = bytearray()
        self.cut = False
        self.closed = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        room = MOST_BYTES - len(self.kept)
        self.kept += data[:room]
        self.cut = self.cut or len(data) > room

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()

    def hand_over(self) -> None:
        """The program has its end now: close ours, so that its end is seen."""
        if self.end >= 0:
            os.close(self.end)
            self.end = -1

    @property
    def text(self) -> str:
        """What was kept. An ellipsis shows where it was cut, so that half a secret there is known for one (law 8)."""
        text = self.kept.decode(errors="replace")
        return text.rstrip("\ufffd") + "…" if self.cut else text


@asynccontextmanager
async def _pipe() -> AsyncIterator[_Pipe]:
    """A pipe that is ours and not asyncio's, so that a grandchild that keeps it open can't hold us up."""
    ours, theirs = os.pipe()
    pipe = _Pipe(theirs)
    with os.fdopen(ours, "rb", 0) as reading:
        try:
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: pipe, reading)
            try:
                yield pipe
            finally:
                transport.close()
        finally:
            pipe.hand_over()


async def run(argv: Sequence[str], environment: Mapping[str, str], timeout_s: float) -> Finished:
    """Run `argv` (the program's absolute path first) in exactly this environment, with nothing to read.

    Raises TimeoutError when it takes longer, OSError when it can't be started; either way nothing of it runs on.
    """
    async with _pipe() as out, _pipe() as err:
        child = await _start(argv, environment, out, err)
        try:
            async with asyncio.timeout(timeout_s):
                code = await child.wait()
        finally:
            await _to_the_end(_end(child))
        await _drained(out, err)
        return Finished(code, out.text, err.text, out.cut or err.cut)


async def _start(argv: Sequence[str], environment: Mapping[str, str], out: _Pipe, err: _Pipe) -> Process:
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out.end,
            stderr=err.end,
            env=dict(environment),
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with suppress(OSError):
            await _to_the_end(_end(await starting))
        raise
    finally:
        out.hand_over()
        err.hand_over()


async def _drained(*pipes: _Pipe) -> None:
    """Wait a moment for what is still in the pipes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            for pipe in pipes:
                await pipe.closed.wait()


async def _to_the_end(ending: Coroutine[Any, Any, None]) -> None:
    """Let the ending finish also when whoever waits is cancelled again."""
    task = asyncio.ensure_future(ending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _end(child: Process) -> None:
    if child.returncode is None:
        _signal(child.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await child.wait()
    _signal(child.pid, signal.SIGKILL)
    await child.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
