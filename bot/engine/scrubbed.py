"""Between the engine and each adapter: what a far side says comes in without the secrets that Perch knows (law 8).

Adapters redact what they themselves send. Here, at the edge, everything else is caught as well: another adapter's
password in an error page, a token in a label, in what a target reads back, or in a fault's text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.measurements import NoData
from bot.domain.units import Weight
from bot.ports import (
    Answer,
    Confirmation,
    Denied,
    KillMethod,
    OutsideFault,
    Question,
    Sample,
    Source,
    Traffic,
    TrafficState,
)
from bot.redaction import Redactor


class _Scrubbed:
    def __init__(self, redact: Redactor) -> None:
        self._redact = redact

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OutsideFault as fault:
            # The fault stays the one that was raised: its class says what to do, its cause what happened.
            fault.args = tuple(self._redact.tree(list(fault.args)))
            raise


class ScrubbedSource(_Scrubbed):
    """A `Source` whose labels and reasons hold no known secret."""

    def __init__(self, source: Source, redact: Redactor) -> None:
        super().__init__(redact)
        self._source = source

    async def ask(self, question: Question, at: datetime) -> Answer:
        return self._scrubbed(await self._source.ask(question, at))

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        return self._scrubbed(await self._source.history(question, start, end))

    def _scrubbed(self, answer: Answer) -> Answer:
        if isinstance(answer, NoData):
            return replace(answer, detail=self._redact(answer.detail))
        return tuple(self._sample(sample) if sample.labels else sample for sample in answer)

    def _sample(self, sample: Sample) -> Sample:
        return replace(sample, labels=self._redact(sample.labels))

    async def aclose(self) -> None:
        await self._source.aclose()


class ScrubbedTraffic(_Scrubbed):
    """A `Traffic` whose texts hold no known secret."""

    def __init__(self, traffic: Traffic, redact: Redactor) -> None:
        super().__init__(redact)
        self._traffic = traffic

    @property
    def target(self) -> str:
        return self._redact(self._traffic.target)

    async def read(self) -> TrafficState:
        with self._faults():
            state = await self._traffic.read()
        return replace(state, shown=self._redact(state.shown))

    async def apply(self, weight: Weight) -> None:
        with self._faults():
            await self._traffic.apply(weight)

    async def rehearse(self) -> str:
        with self._faults():
            return self._redact(await self._traffic.rehearse())

    async def aclose(self) -> None:
        await self._traffic.aclose()


class ScrubbedKill(_Scrubbed):
    """A `KillMethod` whose texts hold no known secret."""

    def __init__(self, method: KillMethod, redact: Redactor) -> None:
        super().__init__(redact)
        self._method = method

    @property
    def target(self) -> str:
        return self._redact(self._method.target)

    async def former(self) -> str:
        """As the method's. Raises Denied where a secret stands there: kept it would leak, redacted it would be lost."""
        with self._faults():
            former = await self._method.former()
        if self._redact.holds(former):
            raise Denied(f"what stands at {self.target} holds a secret, so it isn't kept; put it back by hand")
        return former

    async def engage(self) -> None:
        with self._faults():
            await self._method.engage()

    async def engaged(self) -> bool:
        with self._faults():
            return await self._method.engaged()

    async def restore(self, former: str) -> None:
        with self._faults():
            await self._method.restore(former)

    async def rehearse(self) -> str:
        with self._faults():
            return self._redact(await self._method.rehearse())

    async def aclose(self) -> None:
        await self._method.aclose()


class ScrubbedConfirmation(_Scrubbed):
    """A `Confirmation` whose faults hold no known secret."""

    def __init__(self, confirmation: Confirmation, redact: Redactor) -> None:
        super().__init__(redact)
        self._confirmation = confirmation

    async def confirms(self, weight: Weight) -> bool:
        with self._faults():
            return await self._confirmation.confirms(weight)

    async def aclose(self) -> None:
        await self._confirmation.aclose()


def scrubbed(role: str, built: Any, redact: Redactor) -> Any:
    """An adapter in its role, heard through `redact`."""
    return _ROLES[role](built, redact)


_ROLES: dict[str, Any] = {
    "source": ScrubbedSource,
    "traffic": ScrubbedTraffic,
    "kill": ScrubbedKill,
    "confirm": ScrubbedConfirmation,
}
