"""The source: asks in a few threads of its own, because prometheus-api-client blocks, and never past a deadline."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Literal

from prometheus_api_client.exceptions import MetricValueConversionError, PrometheusApiClientException
from prometheus_api_client.prometheus_connect import PrometheusConnect
from pydantic import BaseModel, ConfigDict, Field

from adapters.http import Address, Credentials, NotInTime, credentials, no_data, redact, secret_words, signed_in
from adapters.sources.prometheus.answers import SeveralSeries, instant, ranged
from adapters.sources.prometheus.ranges import looks_back
from adapters.sources.prometheus.session import NO_RETRIES, OldAnswer, PartialAnswer, WholeAnswers
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.fields import Duration
from bot.ports import Answer, Nonsense, OutsideFault, Question, Sample

HISTORY_STEPS = 240


class Options(Credentials):
    """`sources: {prom: {kind: prometheus, …}}`. `at_once` is how many queries may run together."""

    url: Address
    at_once: int = Field(default=8, ge=1, le=64)
    per_minute: int | None = Field(default=None, ge=1)
    deadline: Duration = timedelta(seconds=5)
    warnings: Literal["refuse", "accept"] = "refuse"


class Ask(BaseModel):
    """What a metric says: PromQL, in which `$side` is filled in. `lag` asks for a moment that long ago."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str = Field(min_length=1)
    lag: Duration = timedelta(0)


class Prometheus:
    """One Prometheus. A query waits for its turn, then has `deadline`; a thread outlives a cancelled one by that."""

    def __init__(self, options: Options, environment: Environment) -> None:
        url, headers = signed_in(options.url, credentials(options, environment))
        self._deadline_s = options.deadline.total_seconds()
        # Runbooks often give the address of the API itself; what follows is the client's to add.
        self._url = url.rstrip("/").removesuffix("/api/v1")
        session = WholeAnswers(self._deadline_s, options.warnings == "accept", secret_words(headers))
        self._client = PrometheusConnect(self._url, headers=headers, retry=NO_RETRIES, session=session)
        session.keep_open(self._url, options.at_once)
        self._turn = asyncio.Semaphore(options.at_once)
        self._open = True
        self._threads = ThreadPoolExecutor(options.at_once, thread_name_prefix="prometheus")

    async def ask(self, question: Question, at: datetime) -> Answer:
        """Answer as of `at`, less the question's lag."""
        ask = _checked(question)
        params = {"time": (at - ask.lag).timestamp(), "timeout": f"{math.ceil(self._deadline_s * 1000)}ms"}
        return await self._answer(at, instant, self._client.custom_query, _query(question), params)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """The one series between two times, at most 240 steps of whole seconds."""
        lag = _checked(question).lag
        step = f"{max(1, math.ceil((end - start).total_seconds() / HISTORY_STEPS))}s"
        asked = (_query(question), start - lag, end - lag, step)
        return await self._answer(end, ranged, self._client.custom_query_range, *asked)

    async def _answer(
        self, at: datetime, read: Callable[[Any], tuple[Sample, ...]], call: Callable[..., Any], *arguments: Any
    ) -> Answer:
        try:
            async with self._turn, asyncio.timeout(self._deadline_s):
                if not self._open:
                    return NoData(Missing.NOT_ASKED, "the source was closed", at)
                loop = asyncio.get_running_loop()
                return read(await loop.run_in_executor(self._threads, _guarded(call), *arguments))
        except TimeoutError:
            return no_data(NotInTime(f"{redact(self._url)} didn't answer within {self._deadline_s:g} s"), at)
        except PartialAnswer as fault:
            return NoData(Missing.PARTIAL, str(fault), at)
        except OldAnswer as fault:
            return NoData(Missing.STALE, str(fault), at)
        except SeveralSeries as fault:
            return NoData(Missing.SEVERAL_SERIES, str(fault), at)
        except OutsideFault as fault:
            return no_data(fault, at)

    async def aclose(self) -> None:
        """Let go of connections; what runs in a thread ends by its deadline."""
        self._open = False
        self._threads.shutdown(wait=False)
        self._client.close()


CLIENT_FAULTS = (PrometheusApiClientException, MetricValueConversionError, KeyError, TypeError)
"""What the client raises by itself; the session lets nothing through that should."""


def _guarded(call: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*arguments: Any) -> Any:
        try:
            return call(*arguments)
        except CLIENT_FAULTS as error:
            raise Nonsense("the answer can't be understood") from error

    return guarded


def _checked(question: Question) -> Ask:
    return question.ask if isinstance(question.ask, Ask) else Ask.model_validate(question.ask.model_dump())


def _query(question: Question) -> str:
    return _checked(question).query.replace("$side", question.side)


def _longest_range(ask: Ask) -> timedelta:
    return looks_back(ask.query) + ask.lag


KIND: Kind[Prometheus] = Kind(options=Options, build=Prometheus, ask=Ask, longest_range=_longest_range)
