"""A look at the sources for whoever asks: with their limits and deadlines, and without any effect on the rollout."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.measurements import Measurement
from bot.domain.rollout import Check, Rollout
from bot.engine.checking import glimpse
from bot.engine.equipment import Equipment
from bot.engine.finding import Finding
from bot.engine.gather import Round


class Glimpses(Finding):
    """The desk's side that asks the sources."""

    _equipment: Equipment

    async def glimpse(self, rollout: Rollout) -> tuple[Check, Mapping[str, Measurement]]:
        plan, kinds = await self._ledger.plan_of(rollout), self._equipment.kinds
        round = Round(self._ledger.clock(), kinds).of(rollout)
        return await glimpse(rollout, plan, self._equipment.gear(plan), round, kinds)
