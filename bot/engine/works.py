"""Deeds under way: one supervised task per rollout, started when its intent is committed, restarted by the tick."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context

from bot.domain.rollout import Rollout
from bot.engine.actions import OVERTAKEN
from bot.ports import StoreAway

log = logging.getLogger(__name__)


class Works:
    """Runs `carry_out` for rollouts with an intent. A newer intent ends an older deed, and doesn't wait for it.

    An overtaken raise whose call is out goes on to hear what came of that, beside the newer deed: down beats up.
    """

    def __init__(self, carry_out: Callable[[Rollout], Awaitable[None]]) -> None:
        self._carry_out = carry_out
        self._tasks: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def begin(self, rollout: Rollout) -> None:
        """Start the rollout's intent unless that very one is being carried out already; without one, stop the old."""
        wanted = rollout.intent.id if rollout.intent else ""
        intent, task = self._tasks.get(rollout.id, ("", None))
        if task is not None and not task.done():
            if intent == wanted:
                return
            self._overtake(task)
        if wanted:
            # In a context of its own: a deed outlives the request that began it, and acts for no delivery.
            doing = asyncio.create_task(self._supervised(rollout), context=Context())
            self._tasks[rollout.id] = (wanted, doing)

    def _overtake(self, task: asyncio.Task[None]) -> None:
        task.cancel(OVERTAKEN)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _supervised(self, rollout: Rollout) -> None:
        try:
            await self._carry_out(rollout)
        except StoreAway as away:
            log.warning(
                "rollout %s: the outcome can't be recorded yet (%s); the next tick repeats it", rollout.id, away
            )
        except Exception:
            log.exception("rollout %s: carrying out its intent broke; the next tick repeats it", rollout.id)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while running := [task for task in self._all() if not task.done()]:
            await asyncio.wait(running)

    async def aclose(self) -> None:
        """Stop; what was under way is carried on after the next start."""
        tasks = self._all()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    def _all(self) -> list[asyncio.Task[None]]:
        return [*(task for _, task in self._tasks.values()), *self._ending]
