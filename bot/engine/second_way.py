"""When what matters can't be said where people are: it goes the second way, once, gathered; and once more at the end.

Judged by what waits, not by why: no answer for an hour, a revoked token, endless "slow down", an archived channel all
look the same in the outbox. What was told is a message of the outbox itself, so a restart doesn't tell it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from bot.engine.hearing import Hearing
from bot.engine.saying import Sayer
from bot.ports import SECOND_WAY, Clock, Lane, Outbox, Outgoing, Queued, StoreAway

log = logging.getLogger(__name__)

GRAVE = frozenset(
    {
        "action_stands",
        "drift",
        "mirror_drift",
        "gate",
        "gate_expired",
        "held",
        "kill_tier",
        "killed",
        "killing",
        "late_raise",
        "late_rearm",
        "no_data",
        "rolled_back",
        "rolling_back",
        "stuck",
        "unconfirmed",
    }
)
"""What people must hear of, by any way."""

PATIENCE = timedelta(minutes=3)
"""How long such a message waits before the second way is taken."""
SOON = timedelta(seconds=30)
"""And how long a further one is gathered with others, once it was taken."""
LOOK_EVERY_S = 5.0
MOST_LINES = 20
BACK = "back"


class Fallback:
    """Looks at what waits. It only puts messages in the outbox; sending them is the sender's."""

    def __init__(self, outbox: Outbox, sayer: Sayer, hearing: Hearing, clock: Clock) -> None:
        self._outbox, self._sayer, self._hearing, self._clock = outbox, sayer, hearing, clock

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        while True:
            try:
                await self.look()
            except StoreAway as away:
                log.warning("what waits to be said can't be read (%s)", away)
            except Exception:
                log.exception("what waits to be said can't be told the second way")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Tell what has waited too long, or that nothing does any more. Raises StoreAway."""
        waiting = await self._outbox.waiting(GRAVE)
        told = await self._outbox.newest(SECOND_WAY)
        under_way = told is not None and not told[1].startswith(BACK)
        fresh = [queued for queued in waiting if told is None or queued.number > told[0]]
        if under_way and told is not None and not waiting:
            await self._add(Outgoing("second_way_back", key=f"{BACK}:{told[0]}", lane=Lane.URGENT, to=SECOND_WAY))
        elif any(self._clock() - queued.at >= (SOON if under_way else PATIENCE) for queued in fresh):
            await self._add(await self._gathered(fresh))

    async def _gathered(self, fresh: Sequence[Queued]) -> Outgoing:
        lines = [text for queued in fresh[:MOST_LINES] if (text := await self._sayer.text(queued))]
        facts = {
            "lines": lines,
            "more": max(len(fresh) - MOST_LINES, 0),
            "since": fresh[0].at.timestamp(),
            "why": self._hearing.trouble,
        }
        return Outgoing("second_way", key=f"told:{fresh[-1].number}", facts=facts, lane=Lane.URGENT, to=SECOND_WAY)

    async def _add(self, message: Outgoing) -> None:
        await self._outbox.add([message], self._clock())
        log.warning("people are told by the second way: %s", message.key)
