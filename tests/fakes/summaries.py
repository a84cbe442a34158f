"""Summaries of ended rollouts in memory, kept to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.record.summary import Summary, Wanted
from bot.ports import Chronicle
from tests.fakes.memory import MemoryRollouts


class MemorySummaries:
    """`Summaries` over what `MemoryRollouts` was given; JSON, so that nothing comes back that a row couldn't hold."""

    def __init__(self, rollouts: MemoryRollouts) -> None:
        self._rollouts = rollouts
        self._kept: dict[str, tuple[str, int]] = {}

    async def behind(self, plan: str = "") -> Sequence[str]:
        all_of_them = await self._rollouts.latest(plan, limit=1_000_000)
        ended = [each for each in all_of_them if not each.live]
        heads = {each.id: (await self._rollouts.head(each.id)).number for each in ended}
        behind = [each for each in ended if self._kept.get(each.id, ("", -1))[1] != heads[each.id]]
        return [each.id for each in sorted(behind, key=lambda each: each.ended_at or each.started_at, reverse=True)]

    async def chronicles(self, rollouts: Sequence[str]) -> Sequence[Chronicle]:
        known = {each.id: each for each in await self._rollouts.latest(limit=1_000_000)}
        return [
            Chronicle(known[id], await self._rollouts.records(id), (await self._rollouts.head(id)).number)
            for id in rollouts
            if id in known
        ]

    async def keep(self, summaries: Sequence[tuple[Summary, int]]) -> None:
        for summary, head in summaries:
            older = self._kept.get(summary.rollout)
            if older is not None and not summary.whole:
                self._kept[summary.rollout] = (older[0], head)
            elif summary.ended_at is not None:
                self._kept[summary.rollout] = (summary.model_dump_json(), head)

    async def kept(self, wanted: Wanted, most: int | None = None) -> Sequence[Summary]:
        every = [Summary.model_validate_json(body) for body, _ in self._kept.values()]
        return sorted((each for each in every if _among(each, wanted)), key=_ended, reverse=True)[:most]

    async def count(self, wanted: Wanted) -> int:
        return len(await self.kept(wanted))

    async def plans(self) -> Sequence[str]:
        live_or_not = {each.plan for each in await self._rollouts.latest(limit=1_000_000)}
        return sorted({*live_or_not, *(each.plan for each in await self.kept(Wanted()))})


def _ended(summary: Summary) -> datetime:
    return summary.ended_at or summary.started_at


def _among(summary: Summary, wanted: Wanted) -> bool:
    return (
        wanted.plan in ("", summary.plan)
        and wanted.environment in ("", summary.environment)
        and (not wanted.outcomes or summary.state in wanted.outcomes)
        and (wanted.since is None or _ended(summary) >= wanted.since)
    )
