"""How things stand around the engine, as /readyz, /healthz and /metrics say it: read afresh whenever somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.assembly import Engine
from bot.ports import Clock, StoreAway
from bot.redaction import Redactor
from commands.web.health import Standing
from commands.web.stages import REMEMBERED, Pair

ASKED_AGAIN = timedelta(minutes=1)
"""What has ended lately is asked of the database no more often."""


class Look:
    """`slack_fault` says why people can't get in, or ""."""

    def __init__(self, engine: Engine, clock: Clock, redact: Redactor, slack_fault: Callable[[], str]) -> None:
        self._engine, self._clock, self._redact, self._slack_fault = engine, clock, redact, slack_fault
        self._ended: Sequence[Pair] = ()
        self._ended_at: datetime | None = None

    async def __call__(self) -> Standing:
        engine, slack = self._engine, self._slack_fault()
        sources = engine.equipment.far_sides
        try:
            live = await engine.rollouts.live()
            unsaid, oldest = await engine.outbox.unsaid()
            freezes = await engine.freezing.standing()
            unkept, oldest_unkept = await engine.keepings.waiting()
            return Standing(
                slack=slack,
                live=live,
                ended=await self._lately_ended(),
                unsaid=unsaid,
                oldest_unsaid=oldest,
                freezes=freezes,
                unkept=unkept,
                oldest_unkept=oldest_unkept,
                looking=engine.ticker.looking,
                spooled=await self._spooled(),
                sources=sources,
            )
        except StoreAway as gone:
            away = self._redact(str(gone))
            return Standing(database=away, slack=slack, looking=engine.ticker.looking, sources=sources)

    async def _spooled(self) -> int | None:
        """Acts in the spool that aren't in the evidence yet; None where the disk doesn't say."""
        try:
            return len(await asyncio.to_thread(self._engine.files.spooled))
        except StoreAway:
            return None

    async def _lately_ended(self) -> Sequence[Pair]:
        now = self._clock()
        if self._ended_at is None or now - self._ended_at >= ASKED_AGAIN:
            self._ended = await self._engine.rollouts.ended_since(now - REMEMBERED)
            self._ended_at = now
        return self._ended
