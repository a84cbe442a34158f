"""Freezes in memory, kept to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.evidence import WORKSPACE
from bot.domain.freezes import Freeze
from bot.ports import Change
from tests.fakes.memory import MemoryOutbox, MemoryRollouts


class MemoryFreezes:
    """`Freezes` in memory. The workspace's chain is that of `rollouts`."""

    def __init__(self, rollouts: MemoryRollouts, outbox: MemoryOutbox) -> None:
        self._rollouts = rollouts
        self._outbox = outbox
        self._kept: dict[str, str] = {}

    async def begin(self, freeze: Freeze, change: Change) -> bool:
        if freeze.id in self._kept:
            return False
        return await self._keep(freeze, change)

    async def replace(self, before: Freeze, after: Freeze, change: Change) -> bool:
        if self._kept.get(before.id) != before.model_dump_json():
            return False
        return await self._keep(after, change)

    async def open(self) -> Sequence[Freeze]:
        await self._rollouts.head(WORKSPACE)
        kept = [Freeze.model_validate_json(body) for body in self._kept.values()]
        return sorted((one for one in kept if one.ended_at is None), key=lambda one: (one.since, one.id))

    async def _keep(self, freeze: Freeze, change: Change) -> bool:
        await self._rollouts.note(WORKSPACE, change.evidence)
        self._outbox.put(change.messages, freeze.since, "")
        self._kept[freeze.id] = freeze.model_dump_json()
        return True
