"""Checkpoints that somebody says they have seen (S9)."""

from __future__ import annotations

from datetime import datetime

from bot.domain import acknowledging
from bot.domain.errors import NothingAsked
from bot.domain.phrases import Phrase
from bot.domain.plan import Plan
from bot.domain.rollout import Asked, Rollout
from bot.domain.steps import Step
from bot.engine.finding import Finding
from bot.engine.requests import Request


class Acknowledging(Finding):
    """The desk's side for those who are asked to look."""

    async def acknowledge(self, request: Request, rollout_id: str, which: str) -> Rollout:
        """Put on record that this person has seen a checkpoint: `which` is its id or its name, "" the newest open."""
        rollout, _ = await self._read(rollout_id)
        wanted = _wanted(rollout, which)
        deed = Phrase("acknowledge {name} of {plan}", name=wanted.name, plan=rollout.plan)
        await self._rights.permit_among(request, deed, wanted.of)

        def decide(fresh: Rollout, plan: Plan, now: datetime) -> Step | None:
            known = _wanted(fresh, wanted.id)
            if known.by is not None:
                return None
            return acknowledging.acknowledged(fresh, known, request.actor, now)

        return await self._ledger.change(rollout_id, decide)


def _wanted(rollout: Rollout, which: str) -> Asked:
    meant = [each for each in rollout.asked if not which or which.lower() in (each.id.lower(), each.name.lower())]
    still_open = [each for each in meant if each.by is None]
    if not meant:
        raise NothingAsked(rollout.plan, which, ", ".join(each.name for each in rollout.asked if each.by is None))
    return (still_open or meant)[-1]
