"""How time passes for who waits for a roll-out."""

from __future__ import annotations

import asyncio

from adapters.kubernetes.deployments import PAUSE_S


async def at_once(seconds: float) -> None:
    """No time at all."""
    await asyncio.sleep(0)


class OnlyWhenTold:
    """A pause between two looks takes no time, and a longer one never ends: only a watch goes on after it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        if seconds > PAUSE_S:
            self.begun.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)
