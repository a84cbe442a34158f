"""What every process does now and then: keep kill cards, forget what is long over, sum up what has ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.domain import rollbacks
from bot.domain.errors import UnknownRollout
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.engine.actions import Members
from bot.engine.cards import CardKeeper, kill_card
from bot.engine.ledger import Ledger
from bot.ports import Card, Clock, KillFiles, StoreAway

log = logging.getLogger(__name__)

CARDS_EVERY_S = 10.0
PRUNE_EVERY = timedelta(hours=1)
KEPT = timedelta(days=14)
"""How long what was said and done stays in outbox and inbox; evidence stays for good."""


SUM_UP_EVERY = timedelta(minutes=1)
SUMMED_AT_ONCE = 100
"""After an upgrade thousands may lack a summary: some tenths of a second of work every ten seconds."""


class CardCopies:
    """Keeps a kill card of every live rollout on this machine too, whichever one raised it (law 2).

    For processes that share a database and no disk: with the database gone, whoever is asked can go down.
    """

    def __init__(self, ledger: Ledger, files: KillFiles, members: Members) -> None:
        self._ledger = ledger
        self._files = files
        self._members = members
        self._keeper = CardKeeper(files)

    async def refresh(self) -> int:
        """Write cards that are missing or out of date, and follow ended rollouts; returns how many were written.

        Raises StoreAway.
        """
        known = {card.rollout: card for card in await asyncio.to_thread(self._files.cards)}
        written, live = 0, await self._ledger.rollouts.live()
        for rollout in live:
            if rollout.state is not State.PREFLIGHT and rollout.mode != "observe":
                written += await self._keep(rollout, known.get(rollout.id))
        for gone in known.keys() - {rollout.id for rollout in live}:
            if not known[gone].completed:
                await self._follow(gone)
        await self._keeper.aclose()
        return written

    async def _keep(self, rollout: Rollout, card: Card | None) -> bool:
        plan = await self._ledger.plan_of(rollout)
        stands = (rollout.confirmed.percent, rollbacks.back_to(rollout, plan).percent, dict(rollout.former))
        if card is not None and (card.confirmed, card.back_to, card.former) == stands:
            return False
        tree = dict(await self._ledger.rollouts.tree(rollout.plan_digest))
        fresh = kill_card(rollout, plan, tree, await self._members(plan))
        await asyncio.to_thread(self._files.keep_card, fresh)
        return True

    async def _follow(self, id: str) -> None:
        try:
            self._keeper.saw(await self._ledger.rollouts.load(id))
        except UnknownRollout:
            log.warning("there is a kill card of %s, which this database doesn't know; it is left", id)


class Upkeep:
    """Supervised. `copies` is None where all processes share one folder of kill cards."""

    def __init__(
        self,
        copies: CardCopies | None,
        prune: Callable[[datetime], Awaitable[int]],
        clock: Clock,
        sum_up: Callable[[str, int], Awaitable[int]] | None = None,
    ) -> None:
        self._copies = copies
        self._prune = prune
        self._clock = clock
        self._pruned_at: datetime | None = None
        self._sum_up = sum_up
        self._summed_at: datetime | None = None

    async def run(self) -> None:
        """Go on until cancelled; a database that is away is waited for."""
        while True:
            try:
                await self.once()
            except StoreAway as away:
                log.warning("upkeep has to wait: %s", away)
            except Exception:
                log.exception("upkeep broke; it is tried again")
            await asyncio.sleep(CARDS_EVERY_S)

    async def once(self) -> None:
        """All that is due now. Raises StoreAway."""
        if self._copies is not None:
            await self._copies.refresh()
        now = self._clock()
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY:
            await self._prune(now - KEPT)
            self._pruned_at = now
        if self._sum_up is not None and (self._summed_at is None or now - self._summed_at >= SUM_UP_EVERY):
            left = await self._sum_up("", SUMMED_AT_ONCE)
            self._summed_at = None if left else now
