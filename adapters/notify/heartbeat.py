"""The heartbeat: an address outside is asked for regularly, so that its owner notices when Perch dies (U7)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from adapters.http import client, fetch
from bot.ports import OutsideFault

log = logging.getLogger(__name__)

DEADLINE_S = 5.0


class Heartbeat:
    """Asks for one address while `standstill` says "". Trouble is logged once until it's over; it never raises.

    `standstill` says why the engine doesn't do its work: a heart that only shows that a timer runs would reassure
    whoever watches it while nobody watches the rollouts.
    """

    def __init__(self, url: str, standstill: Callable[[], str]) -> None:
        self._url = url
        self._standstill = standstill
        self._pausing = False
        self._client = client(deadline_s=DEADLINE_S)
        self._failing = False

    async def beat(self) -> None:
        """Say that Perch is alive and checking, if it is."""
        why = self._standstill()
        if why:
            if not self._pausing:
                log.error("the heartbeat pauses: %s", why)
            self._pausing = True
            return
        self._pausing = False
        try:
            await fetch(self._client, "GET", self._url)
            self._failing = False
        except OutsideFault as fault:
            if not self._failing:
                log.warning("the heartbeat address doesn't answer: %s", fault)
            self._failing = True

    async def aclose(self) -> None:
        await self._client.aclose()
