"""Recalling: what was measured, for the messages that tell of it; read once for each, right before it is worded."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.domain.rollout import Rollout
from bot.domain.trends import NO_HISTORY, History, Shift
from bot.domain.units import Weight
from bot.ports import Histories, Outgoing, Rollouts, ShelfAway

log = logging.getLogger(__name__)

LATELY = frozenset({"status", "snapshot"})
FROM_THE_START = frozenset({"checkpoint"})
POINTS = 12
"""A spark line on a phone."""
COURSE = 120


class Recall:
    """Reads the history that a message needs."""

    def __init__(self, histories: Histories, rollouts: Rollouts) -> None:
        self._histories = histories
        self._rollouts = rollouts

    async def of(self, outgoing: Outgoing, rollout: Rollout | None) -> History:
        """Nothing for messages that tell no numbers over time, or whose numbers lie in an archive that can't be read: a
        message never waits for a picture. Raises StoreAway."""
        if rollout is None or rollout.check is None:
            return NO_HISTORY
        try:
            return await self._history(outgoing, rollout)
        except ShelfAway as away:
            log.warning("%s is said without its numbers: %s", outgoing.key, away)
            return NO_HISTORY

    async def _history(self, outgoing: Outgoing, rollout: Rollout) -> History:
        lines = rollout.check.lines if rollout.check else ()
        metrics = {line.metric for line in lines if line.metric}
        if outgoing.say in LATELY:
            return History(await self._histories.newest(rollout.id, metrics, POINTS))
        if outgoing.say in FROM_THE_START:
            points = await self._histories.course(rollout.id, metrics, COURSE)
            return History(points, await self._shifts(rollout.id))
        return NO_HISTORY

    async def _shifts(self, rollout: str) -> tuple[Shift, ...]:
        """From the record: when each weight was read back."""
        records = await self._rollouts.records(rollout)
        confirmed = [record for record in records if record.kind == "stage_confirmed"]
        return tuple(
            Shift(datetime.fromisoformat(record.at), Weight(float(record.body["weight"]))) for record in confirmed
        )
