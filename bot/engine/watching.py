"""Who watches a rollout, as people meet it: take it, or hand it over (X12)."""

from __future__ import annotations

from datetime import datetime

from bot.domain.errors import NotNow
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import Person, Rollout
from bot.domain.steps import Step
from bot.domain.watching import hand_over
from bot.engine.finding import Finding
from bot.engine.requests import Request


class Watching(Finding):
    """The desk's side for whose turn it is."""

    async def watch(self, request: Request, rollout_id: str, to: str) -> Rollout:
        """`to` is a user's id or handle; "" is whoever asks."""
        _, plan = await self._read(rollout_id)
        await self._rights.permit(request, "operate", plan)
        watcher = Person(id=await self._rights.person(to)) if to else request.actor

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            if not fresh.live:
                over = Phrase("{plan} is over; there's nothing to watch any more.", plan=fresh.plan)
                raise NotNow(over, f"/canary status {fresh.plan}")
            return hand_over(fresh, watcher, request.actor)

        return await self._ledger.change(rollout_id, decide)
