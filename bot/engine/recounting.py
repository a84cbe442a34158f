"""Recounts what has been: sums up what has ended, once, and answers from those summaries (X9 and the history)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import PerchError
from bot.domain.plan import Plan
from bot.domain.record.summary import Summary, Wanted, summed_up
from bot.domain.rollout import Rollout
from bot.engine.ledger import Ledger
from bot.ports import Chronicle, Clock, Summaries

TOGETHER = 5
"""Chains read and summed up in one go: some ten milliseconds in which nothing else of this process moves."""
AT_ONCE = 200
"""How many a question sums up itself; what is left over is said, and done by upkeep."""

LIVE = 20
"""The most live rollouts that a question reads the records of; a shell reads all."""


@dataclass(frozen=True, slots=True)
class Recounted:
    """What was found. `ended` is the newest first; `total` counts all that ended, also those that aren't given."""

    ended: Sequence[Summary]
    live: Sequence[Summary]
    total: int
    all_live: int = 0
    """How many are live of what was asked for, also those that aren't given."""
    pending: int = 0
    """Ended rollouts that aren't summed up yet: what is counted lacks them."""


def _newest(live: Sequence[Rollout]) -> Sequence[Rollout]:
    """As many as an answer has room for; those that somebody overrode aren't left out for newer ones."""
    return sorted(live, key=lambda each: (not each.overrides, -each.started_at.timestamp()))[:LIVE]


class Recounting:
    """Over the kept summaries; those of another time than the record's are made anew first."""

    def __init__(self, summaries: Summaries, ledger: Ledger, clock: Clock) -> None:
        self._summaries = summaries
        self._ledger = ledger
        self._clock = clock

    async def fill(self, plan: str = "", most: int | None = AT_ONCE) -> int:
        """Sum up the newest `most` that lack it, or all of them; returns how many are left. Raises StoreAway."""
        behind = await self._summaries.behind(plan)
        wanted = behind if most is None else behind[:most]
        for first in range(0, len(wanted), TOGETHER):
            told = await self._summaries.chronicles(wanted[first : first + TOGETHER])
            summed = [(await self._summed(each), each.head) for each in told if not each.rollout.live]
            await self._summaries.keep(summed)
            await asyncio.sleep(0)
        return len(behind) - len(wanted)

    async def recount(self, wanted: Wanted, most: int | None = None, *, all_of_them: bool = False) -> Recounted:
        """The newest `most` of what is asked for, or all; `all_of_them` also sums up whatever lacks it, however long.

        Raises StoreAway.
        """
        pending = await self.fill(wanted.plan, None if all_of_them else AT_ONCE)
        every = await self._ledger.rollouts.live()
        live = [each for each in every if wanted.has(each)]
        here = await self._summed_live(live if all_of_them else _newest(live))
        now_live = {each.id for each in every}
        ended = [each for each in await self._summaries.kept(wanted, most) if each.rollout not in now_live]
        return Recounted(ended, here, max(await self._summaries.count(wanted), len(ended)), len(live), pending)

    async def _summed_live(self, live: Sequence[Rollout]) -> list[Summary]:
        """Of what is live nothing is kept: the newest first, as it is now."""
        found: list[Summary] = []
        for first in range(0, len(live), TOGETHER):
            told = await self._summaries.chronicles([each.id for each in live[first : first + TOGETHER]])
            found += [await self._summed(each) for each in told]
            await asyncio.sleep(0)
        return sorted(found, key=lambda each: each.started_at, reverse=True)

    async def one(self, rollout: Rollout) -> Summary:
        """One rollout, as its record is now. Raises StoreAway."""
        told = await self._summaries.chronicles([rollout.id])
        return await self._summed(told[0] if told else Chronicle(rollout, (), 0))

    async def lacking(self, plan: str = "") -> int:
        """How many ended rollouts aren't summed up yet."""
        return len(await self._summaries.behind(plan))

    async def plans(self) -> Sequence[str]:
        return await self._summaries.plans()

    async def _summed(self, told: Chronicle) -> Summary:
        now: datetime = self._clock()
        return summed_up(told.rollout, await self._plan(told.rollout), told.records, now)

    async def _plan(self, rollout: Rollout) -> Plan | None:
        """What an older Perch froze may say what this one can't read: then nobody knows whose its gates were."""
        try:
            return await self._ledger.plan_of(rollout)
        except PerchError:
            return None
