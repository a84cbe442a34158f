"""What stands in for an adapter that couldn't be built: it refuses, and says why, and stops none of the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.measurements import Missing, NoData
from bot.domain.units import Weight
from bot.ports import Answer, Attempt, Denied, Notice, Question, Seen, TrafficState
from bot.ports.archives import Parcel


class Unbuilt:
    """A part of any role whose environment lacks something: it answers every call with what is missing."""

    takes = timedelta(0)

    def __init__(self, kind: str, why: str) -> None:
        self.target = self.about = kind
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

    async def look(self) -> Seen:
        raise Denied(self._why)

    async def rehearse(self) -> str:
        raise Denied(self._why)

    async def begin(self, key: str) -> str:
        raise Denied(self._why)

    async def end(self, key: str) -> str:
        raise Denied(self._why)

    def attempt(self) -> Attempt:
        raise Denied(self._why)

    async def put(self, parcel: Parcel) -> str:
        raise Denied(self._why)

    async def tell(self, notice: Notice) -> str:
        raise Denied(self._why)

    async def aclose(self) -> None: ...
