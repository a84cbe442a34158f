"""Wait for what must come, by looking and not by time: a deadline here only tells a hang from a busy machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

HANGS_S = 30.0
"""What hasn't come by then never will: nothing that tests wait for takes a tenth of it on a machine at rest."""
STORY_HANGS_S = 60.0
"""The same for what a whole Perch does, or several of them, over real sockets."""
LOOK_EVERY_S = 0.005


async def until(true: Callable[[], object], within_s: float = HANGS_S) -> None:
    """Return once it is true; raises `TimeoutError` when that isn't so in time."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(LOOK_EVERY_S)


async def stopped(task: asyncio.Task[None]) -> None:
    """Cancel what goes on beside a test, and let it end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
