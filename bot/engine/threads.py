"""Where a rollout's thread is: an address that Slack gives for its status message, asked once for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.ports import Outbox, OutsideFault, Posted

log = logging.getLogger(__name__)

WITHIN_S = 1.0
"""Whoever asks for a history or a page doesn't wait longer for its links."""
KNOWN = 5000


class Threads:
    """`ask` is the messenger's: the address that leads to a message."""

    def __init__(self, outbox: Outbox, ask: Callable[[Posted], Awaitable[str]]) -> None:
        self._outbox = outbox
        self._ask = ask
        self._links: dict[str, str] = {}

    async def links(self, rollouts: Sequence[str]) -> Mapping[str, str]:
        """By rollout; those that were never posted, or that Slack doesn't tell in time, are left out.

        Raises StoreAway.
        """
        found = await asyncio.gather(*(self._link(each) for each in rollouts))
        return {rollout: link for rollout, link in zip(rollouts, found, strict=True) if link}

    async def _link(self, rollout: str) -> str:
        if rollout in self._links:
            return self._links[rollout]
        posted = await self._outbox.place(rollout, f"status:{rollout}")
        if posted is None:
            return ""
        try:
            async with asyncio.timeout(WITHIN_S):
                found = await self._ask(posted)
        except (OutsideFault, TimeoutError) as fault:
            log.info("no link to the thread of %s: %s", rollout, fault)
            return ""
        if len(self._links) >= KNOWN:
            self._links.clear()
        self._links[rollout] = found
        return found
