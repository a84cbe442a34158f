"""Pictures of a message: drawn and uploaded before it is posted. Words never wait for one that can't be had."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from bot.ports import Charts, Messenger, OutsideFault, Said

log = logging.getLogger(__name__)

WITHIN_S = 25.0
"""For drawing and uploading together. A checkpoint is routine: nobody waits for it on their toes."""
NAME = "metrics.png"


class Pictures:
    """Draws what a message wants to show."""

    def __init__(self, charts: Charts, messenger: Messenger) -> None:
        self._charts = charts
        self._messenger = messenger

    async def added(self, said: Said) -> Said:
        """The message with its picture uploaded; as it was when there is none, or it can't be had."""
        if said.picture is None or not said.picture.chart.panels:
            return said
        try:
            async with asyncio.timeout(WITHIN_S):
                png = await self._charts.draw(said.picture.chart)
                file = await self._messenger.upload(png, NAME, said.picture.alt)
        except (OutsideFault, TimeoutError) as fault:
            log.warning("a message goes without its picture: %s", fault or "it took too long")
            return said
        return replace(said, picture=replace(said.picture, file=file))
