"""A source that answers what it was told to, by query."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.domain.kinds import Kind
from bot.domain.measurements import Missing, NoData
from bot.ports import Answer, Question, Sample

Scripted = float | Answer | Callable[[datetime], float | Answer]
"""A number (one series, as of the time asked), an answer, or either as a function of that time."""


class FakeOptions(BaseModel):
    """Takes anything: the source is made by the test."""

    model_config = ConfigDict(frozen=True, extra="allow")


class FakeAsk(BaseModel):
    """As the query of a real source; `$side` is filled in before the answer is looked up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str


class FakeSource:
    """Answers from `answers`, by query; an unknown query has no series. `hang()` makes it wait till its deadline."""

    def __init__(
        self, answers: Mapping[str, Scripted] | None = None, *, at_once: int = 8, deadline_s: float = 5.0
    ) -> None:
        self.answers: dict[str, Scripted] = dict(answers or {})
        self.asked: list[tuple[str, datetime]] = []
        self.closed = False
        self.open = 0
        self.most = 0
        self.swallowed = 0
        self._deadline_s = deadline_s
        self._turn = asyncio.Semaphore(at_once)
        self._clear = asyncio.Event()
        self._clear.set()

    def hang(self) -> None:
        """From now on no answer comes."""
        self._clear.clear()

    def recover(self) -> None:
        self._clear.set()

    async def ask(self, question: Question, at: datetime) -> Answer:
        async with self._turn:
            if self.closed:
                return NoData(Missing.NOT_ASKED, "the source was closed", at)
            self.open += 1
            self.most = max(self.most, self.open)
            try:
                async with asyncio.timeout(self._deadline_s):
                    await asyncio.sleep(0)
                    self.swallowed += not self._clear.is_set()
                    await self._clear.wait()
            except TimeoutError:
                return NoData(Missing.TIMEOUT, f"no answer within {self._deadline_s:g} s", at)
            finally:
                self.open -= 1
        query = _query(question)
        self.asked.append((query, at))
        return self._scripted(query, at)

    def _scripted(self, query: str, at: datetime) -> Answer:
        scripted = self.answers.get(query, ())
        answer = scripted(at) if callable(scripted) else scripted
        return (Sample(float(answer), at),) if isinstance(answer, int | float) else answer

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """The scripted answer at eleven times from start to end, oldest first."""
        step = (end - start) / 10
        samples: list[Sample] = []
        for number in range(11):
            answer = self._scripted(_query(question), start + step * number)
            if isinstance(answer, NoData):
                return answer
            samples += answer
        return tuple(samples)

    async def aclose(self) -> None:
        self.closed = True


def _query(question: Question) -> str:
    text: str = getattr(question.ask, "query", "")
    return text.replace("$side", question.side)


def fake_kind(source: FakeSource, longest_range: Callable[[Any], timedelta] | None = None) -> Kind[FakeSource]:
    """A kind whose every entry in a plan is this one source."""
    return Kind(
        options=FakeOptions, build=lambda options, environment: source, ask=FakeAsk, longest_range=longest_range
    )
