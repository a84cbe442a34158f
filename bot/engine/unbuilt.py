"""What stands in for an adapter that couldn't be built: it refuses, and says why, and stops none of the others."""

from __future__ import annotations

from datetime import datetime

from bot.domain.measurements import Missing, NoData
from bot.domain.units import Weight
from bot.ports import Answer, Denied, Question, TrafficState


class Unbuilt:
    """A source, traffic target, kill method or confirmation whose environment lacks something."""

    def __init__(self, kind: str, why: str) -> None:
        self.target = kind
        self._why = why

    async def ask(self, question: Question, at: datetime) -> Answer:
        return NoData(Missing.REFUSED, self._why, at)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        return NoData(Missing.REFUSED, self._why, end)

    async def read(self) -> TrafficState:
        raise Denied(self._why)

    async def apply(self, weight: Weight) -> None:
        raise Denied(self._why)

    async def former(self) -> str:
        raise Denied(self._why)

    async def engage(self) -> None:
        raise Denied(self._why)

    async def engaged(self) -> bool:
        raise Denied(self._why)

    async def restore(self, former: str) -> None:
        raise Denied(self._why)

    async def confirms(self, weight: Weight) -> bool:
        raise Denied(self._why)

    async def rehearse(self) -> str:
        raise Denied(self._why)

    async def aclose(self) -> None: ...
