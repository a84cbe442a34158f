"""Between the engine and each adapter: what a far side says comes in without the secrets that Perch knows (law 8).

Adapters redact what they themselves send. Here, at the edge, everything else is caught as well: another adapter's
password in an error page, a token in a label, in what a target reads back, or in a fault's text; and a mistake of an
adapter's, which other packages bring too, is a fault like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.measurements import NoData
from bot.domain.units import Weight
from bot.ports import (
    Answer,
    Attempt,
    Confirmation,
    Denied,
    Diagnosis,
    Effect,
    Exercise,
    KillMethod,
    Notice,
    Notifier,
    OutOfReach,
    OutsideFault,
    Question,
    Ran,
    Sample,
    Seen,
    Source,
    Traffic,
    TrafficState,
)
from bot.ports.archives import Archive, Parcel
from bot.redaction import Redactor

log = logging.getLogger(__name__)


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
        except Exception as broke:
            # Whoever goes down by several targets mustn't stumble over one, nor try it for ever without a word (law 2).
            log.exception("an adapter broke")
            raise OutOfReach(f"its adapter broke ({type(broke).__name__}); see Perch's log") from broke


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


class ScrubbedDiagnosis(_Scrubbed):
    """A `Diagnosis` whose texts hold no known secret."""

    def __init__(self, diagnosis: Diagnosis, redact: Redactor) -> None:
        super().__init__(redact)
        self._diagnosis = diagnosis

    async def look(self) -> Seen:
        with self._faults():
            seen = await self._diagnosis.look()
        return replace(seen, text=self._redact(seen.text))

    async def rehearse(self) -> str:
        with self._faults():
            return self._redact(await self._diagnosis.rehearse())

    async def aclose(self) -> None:
        await self._diagnosis.aclose()


class ScrubbedEffect(_Scrubbed):
    """An `Effect` whose texts hold no known secret."""

    def __init__(self, effect: Effect, redact: Redactor) -> None:
        super().__init__(redact)
        self._effect = effect

    @property
    def target(self) -> str:
        return self._redact(self._effect.target)

    async def begin(self, key: str) -> str:
        with self._faults():
            return self._redact(await self._effect.begin(key))

    async def end(self, key: str) -> str:
        with self._faults():
            return self._redact(await self._effect.end(key))

    async def rehearse(self) -> str:
        with self._faults():
            return self._redact(await self._effect.rehearse())

    async def aclose(self) -> None:
        await self._effect.aclose()


class ScrubbedExercise(_Scrubbed):
    """An `Exercise` whose texts hold no known secret."""

    def __init__(self, exercise: Exercise, redact: Redactor) -> None:
        super().__init__(redact)
        self._exercise = exercise

    @property
    def takes(self) -> timedelta:
        return self._exercise.takes

    @property
    def about(self) -> str:
        return self._redact(self._exercise.about)

    def attempt(self) -> Attempt:
        with self._faults():
            return ScrubbedAttempt(self._exercise.attempt(), self._redact)

    async def rehearse(self) -> str:
        with self._faults():
            return self._redact(await self._exercise.rehearse())

    async def aclose(self) -> None:
        await self._exercise.aclose()


class ScrubbedAttempt(_Scrubbed):
    """An `Attempt` whose result holds no known secret."""

    def __init__(self, attempt: Attempt, redact: Redactor) -> None:
        super().__init__(redact)
        self._attempt = attempt

    async def carry_out(self) -> None:
        with self._faults():
            await self._attempt.carry_out()

    def result(self) -> Ran:
        ran = self._attempt.result()
        clean = self._redact
        return replace(ran, fault=clean(ran.fault), output=clean(ran.output), facts=clean.tree(ran.facts))


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


class ScrubbedArchive(_Scrubbed):
    """An `Archive` whose texts hold no known secret; what it keeps was redacted when it was written."""

    def __init__(self, archive: Archive, redact: Redactor) -> None:
        super().__init__(redact)
        self._archive = archive

    @property
    def target(self) -> str:
        return self._redact(self._archive.target)

    async def put(self, parcel: Parcel) -> str:
        with self._faults():
            return self._redact(await self._archive.put(parcel))

    async def rehearse(self) -> str:
        with self._faults():
            return self._redact(await self._archive.rehearse())

    async def aclose(self) -> None:
        await self._archive.aclose()


class ScrubbedNotifier(_Scrubbed):
    """A `Notifier` to which no known secret is told, and whose own texts hold none."""

    def __init__(self, notifier: Notifier, redact: Redactor) -> None:
        super().__init__(redact)
        self._notifier = notifier

    @property
    def target(self) -> str:
        return self._redact(self._notifier.target)

    async def tell(self, notice: Notice) -> str:
        with self._faults():
            return self._redact(await self._notifier.tell(self._safe(notice)))

    def _safe(self, notice: Notice) -> Notice:
        return replace(
            notice,
            subject=self._redact(notice.subject),
            text=self._redact(notice.text),
            reason=self._redact(notice.reason),
            version=self._redact(notice.version),
            links={self._redact(name): self._redact(link) for name, link in notice.links.items()},
        )

    async def rehearse(self) -> str:
        with self._faults():
            return self._redact(await self._notifier.rehearse())

    async def aclose(self) -> None:
        await self._notifier.aclose()


def scrubbed(role: str, built: Any, redact: Redactor) -> Any:
    """An adapter in its role, heard through `redact`."""
    return _ROLES[role](built, redact)


_ROLES: dict[str, Any] = {
    "source": ScrubbedSource,
    "traffic": ScrubbedTraffic,
    "kill": ScrubbedKill,
    "confirm": ScrubbedConfirmation,
    "diagnosis": ScrubbedDiagnosis,
    "effect": ScrubbedEffect,
    "archive": ScrubbedArchive,
    "notifier": ScrubbedNotifier,
    "task": ScrubbedExercise,
}
