"""The heartbeat: an address outside is asked for regularly, so that its owner notices when Perch dies (U7)."""

from __future__ import annotations

import logging

from adapters.http import client, fetch
from bot.ports import OutsideFault

log = logging.getLogger(__name__)

DEADLINE_S = 5.0


class Heartbeat:
    """Asks for one address. A failure is logged once until it works again; it never raises."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = client(deadline_s=DEADLINE_S)
        self._failing = False

    async def beat(self) -> None:
        """Say that Perch is alive and checking."""
        try:
            await fetch(self._client, "GET", self._url)
            self._failing = False
        except OutsideFault as fault:
            if not self._failing:
                log.warning("the heartbeat address doesn't answer: %s", fault)
            self._failing = True

    async def aclose(self) -> None:
        await self._client.aclose()
