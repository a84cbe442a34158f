"""The kill card: what a kill or a rollback needs when nothing else answers."""

from __future__ import annotations

import asyncio
import logging

from bot.domain import rollbacks
from bot.domain.machine import ENDS, State
from bot.domain.plan import Plan
from bot.domain.rollout import Rollout
from bot.ports import Card, KillFiles, StoreAway

log = logging.getLogger(__name__)


def kill_card(rollout: Rollout, plan: Plan, tree: dict[str, object], operators: tuple[str, ...]) -> Card:
    """The card of a rollout as it stands. `operators` are the user ids that may stop it when Slack can't be asked."""
    return Card(
        rollout=rollout.id,
        plan=rollout.plan,
        environment=rollout.environment,
        revision=rollout.revision,
        tree=tree,
        confirmed=rollout.confirmed.percent,
        back_to=rollbacks.back_to(rollout, plan).percent,
        operators=operators,
        former=rollout.former,
        made_at=rollout.started_at,
    )


class CardKeeper:
    """Follows rollouts to their end: who came down needs no card; who completed can still be killed, by name."""

    def __init__(self, files: KillFiles) -> None:
        self._files = files
        self._writing: set[asyncio.Task[None]] = set()

    def saw(self, rollout: Rollout) -> None:
        """A rollout was saved. Starts the file work beside the loop and returns at once."""
        if rollout.state in ENDS:
            task = asyncio.create_task(asyncio.to_thread(self._end, rollout))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    def _end(self, rollout: Rollout) -> None:
        try:
            if rollout.state is State.COMPLETED:
                self._complete(rollout)
            else:
                self._files.drop_card(rollout.id)
        except StoreAway as away:
            log.warning("the kill card of %s is out of date: %s", rollout.id, away)

    def _complete(self, rollout: Rollout) -> None:
        """Only the newest completed rollout of a plan keeps a card."""
        for card in self._files.cards():
            if card.rollout == rollout.id:
                self._files.keep_card(card.model_copy(update={"completed": True}))
            elif card.completed and (card.plan, card.environment) == (rollout.plan, rollout.environment):
                self._files.drop_card(card.rollout)

    async def aclose(self) -> None:
        """Let what is being written come to its end."""
        await asyncio.gather(*self._writing, return_exceptions=True)
