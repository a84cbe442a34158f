"""Perch's own bare clone of a repository: made when it's missing, used by one process at a time, thrown away when odd.

It's a cache: nothing in it is worth keeping. The lock is the operating system's, so that a process that dies gives it
back; what a killed git left locked in there is cleared by whoever has the clone next.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

LOOK_S = 0.05


@asynccontextmanager
async def alone_in(clone: Path) -> AsyncIterator[None]:
    """Wait until the clone is ours; whoever waits sets the deadline. Raises OSError."""
    await asyncio.to_thread(clone.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    lock = os.open(clone.with_name(f"{clone.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _locked(lock):  # noqa: ASYNC110 - its holder may be another process
            await asyncio.sleep(LOOK_S)
        await asyncio.to_thread(_clear, clone)
        yield
    finally:
        os.close(lock)


def _clear(clone: Path) -> None:
    for stale in (*clone.glob("*.lock"), *clone.glob("refs/perch/*.lock")):
        stale.unlink(missing_ok=True)


def thrown_away(clone: Path) -> None:
    """The next one begins anew."""
    shutil.rmtree(clone, ignore_errors=True)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
