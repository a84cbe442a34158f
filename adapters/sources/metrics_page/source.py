"""The source: one page per moment for all questions of that moment, and what past pages said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from adapters.http import Address, Credentials, client, credentials, fetch, no_data, redact
from adapters.sources.metrics_page import asks
from adapters.sources.metrics_page.asks import Ask
from adapters.sources.metrics_page.kept import KEEP, Kept
from adapters.sources.metrics_page.page import ACCEPT, CutShort, Page, read
from adapters.sources.metrics_page.selector import Selector
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.fields import Duration
from bot.ports import Answer, Clock, Nonsense, OutsideFault, Question

BYGONE = timedelta(minutes=1)
"""A question about a time further back than this is answered from past pages only."""

LARGE = 200_000
"""A page of more characters is sorted in a thread."""


class Options(Credentials):
    """`sources: {page: {kind: metrics_page, url: …}}`. `at_once` is how many fetches may run together."""

    url: Address
    at_once: int = Field(default=4, ge=1, le=64)
    per_minute: int | None = Field(default=None, ge=1)
    deadline: Duration = timedelta(seconds=5)


class MetricsPage:
    """One page. A page whose fetch began at or after the time in question serves every question about that time."""

    def __init__(self, options: Options, environment: Environment, clock: Clock = lambda: datetime.now(UTC)) -> None:
        headers = {"Accept": ACCEPT} | credentials(options, environment)
        self._url = options.url
        self._client = client(deadline_s=options.deadline.total_seconds(), headers=headers)
        self._clock = clock
        self._turn = asyncio.Semaphore(options.at_once)
        self._flight: _Flight | None = None
        self._kept: dict[Selector, Kept] = {}

    async def ask(self, question: Question, at: datetime) -> Answer:
        """Answer as of `at`; for a window, NoData until pages reach back that far."""
        ask = _checked(question)
        selectors = ask.selectors(question.side)
        if self._clock() - at <= BYGONE:
            landed = await self._landed(at)
            if isinstance(landed, NoData):
                return landed
            at, page = landed
            try:
                self._keep(selectors, page, at)
            except Nonsense as fault:
                return NoData(Missing.GARBAGE, str(fault), at)
        return self._reckon(ask, selectors, at)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """What the question would have been answered at each page between two times."""
        ask = _checked(question)
        kept = [self._kept.get(selector, Kept()) for selector in ask.selectors(question.side)]
        try:
            return asks.history(ask, kept, start, end)
        except Nonsense as fault:
            return NoData(Missing.GARBAGE, str(fault), end)

    def _reckon(self, ask: Ask, selectors: Sequence[Selector], at: datetime) -> Answer:
        try:
            return asks.answer(ask, [self._kept.get(selector, Kept()) for selector in selectors], at)
        except Nonsense as fault:
            return NoData(Missing.GARBAGE, str(fault), at)

    def _keep(self, selectors: Sequence[Selector], page: Page, at: datetime) -> None:
        for selector in selectors:
            series = page.series(selector)
            self._kept.setdefault(selector, Kept()).add(at, series)
        self._kept = {key: kept for key, kept in self._kept.items() if kept.newest and at - kept.newest < KEEP}

    async def _landed(self, at: datetime) -> tuple[datetime, Page] | NoData:
        flight = self._flight
        if flight is None or flight.began < at:
            began = max(at, self._clock())
            flight = self._flight = _Flight(began, asyncio.create_task(self._fetch(began)))
        flight.waiting += 1
        try:
            await asyncio.wait({flight.task})
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                self._flight = None if self._flight is flight else self._flight
        return (
            NoData(Missing.NOT_ASKED, "the source was closed", at) if flight.task.cancelled() else flight.task.result()
        )

    async def _fetch(self, began: datetime) -> tuple[datetime, Page] | NoData:
        try:
            async with self._turn:
                if self._client.is_closed:
                    return NoData(Missing.NOT_ASKED, "the source was closed", began)
                began = max(began, self._clock())
                fetched = await fetch(self._client, "GET", self._url, expect=(200,))
            if fetched.doubt:
                return NoData(Missing.STALE, f"{redact(self._url)} {fetched.doubt}", began)
            sort = asyncio.to_thread(read, fetched.text) if len(fetched.text) > LARGE else None
            return began, (await sort if sort else read(fetched.text))
        except CutShort as fault:
            return NoData(Missing.PARTIAL, str(fault), began)
        except OutsideFault as fault:
            return no_data(fault, began)

    async def aclose(self) -> None:
        """Let go of connections, and of a page that is on its way."""
        if self._flight is not None and not self._flight.task.done():
            self._flight.task.cancel()
            await asyncio.wait({self._flight.task})
        await self._client.aclose()


class _Flight:
    """A page on its way or landed, and how many wait for it."""

    def __init__(self, began: datetime, task: asyncio.Task[tuple[datetime, Page] | NoData]) -> None:
        self.began = began
        self.task = task
        self.waiting = 0


def _checked(question: Question) -> Ask:
    return question.ask if isinstance(question.ask, Ask) else Ask.model_validate(question.ask.model_dump())


def _longest_range(ask: Any) -> timedelta:
    return _checked(Question(ask)).window


KIND: Kind[MetricsPage] = Kind(
    options=Options, build=MetricsPage, ask=Ask, longest_range=_longest_range, reach=lambda ask: KEEP, keeps=True
)
