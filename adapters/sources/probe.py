"""M5: a probe. Is this address up: with this status, this fast, with this text? 1 is up, 0 is down.

Law 3 for probes: what is probed *is* the canary, so a refused or broken connection, no answer in time and a wrong
status are measurements (down). What fails on our side of the wire is no data: a name that isn't resolved, no route, a
certificate that we don't trust, a request that can't be written, no more sockets, or a Perch too busy to look.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from adapters.http import Address, Credentials, Fetched, NotInTime, chain, client, credentials, excerpt, fetch, no_data
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.fields import Duration
from bot.domain.units import Unit
from bot.ports import Answer, Clock, OutsideFault, Question, Sample

BYGONE = timedelta(minutes=1)
"""A probe can't tell how it was further back than this."""

BUSY = 1.5
"""Waiting so many times longer than the deadline shows that it was we who didn't come to look."""


class Options(Credentials):
    """`source: {kind: probe, url: …}`. Good is: a status of `expect_status`, and what else is asked for."""

    url: Address
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = "GET"
    json_body: Any = Field(default=None, alias="json")
    body: str | None = None
    expect_status: tuple[int, ...] = (200,)
    expect_text: str | None = None
    faster_than: Duration | None = None
    deadline: Duration = timedelta(seconds=5)
    at_once: int = Field(default=2, ge=1, le=16)
    per_minute: int | None = Field(default=None, ge=1)

    @field_validator("expect_status", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, int) else value

    @model_validator(mode="after")
    def _agree(self) -> Options:
        if self.json_body is not None and self.body is not None:
            raise ValueError("give json or body, not both")
        if self.faster_than is not None and self.faster_than > self.deadline:
            raise ValueError("faster_than is longer than deadline, so it could never be measured")
        return self


class Ask(BaseModel):
    """What is measured: `up` (1 or 0), or the `seconds` that a good answer took."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: Literal["up", "seconds"] = "up"


class Probe:
    """One address. Each probe makes its own connection, as a new user would."""

    def __init__(
        self,
        options: Options,
        environment: Environment,
        clock: Clock = lambda: datetime.now(UTC),
        through: httpx.AsyncClient | None = None,
    ) -> None:
        self._options = options
        self._deadline_s = options.deadline.total_seconds()
        headers = credentials(options, environment)
        self._client = through or client(deadline_s=self._deadline_s, headers=headers, kept_open=0)
        self._clock = clock
        self._turn = asyncio.Semaphore(options.at_once)

    async def ask(self, question: Question, at: datetime) -> Answer:
        """Probe once. The sample's labels say why: `status 503 in 0.12 s`."""
        if self._clock() - at > BYGONE:
            return NoData(Missing.NO_BASELINE, "a probe only tells how it is now", at)
        async with self._turn:
            if self._client.is_closed:
                return NoData(Missing.NOT_ASKED, "the source was closed", at)
            looked = await self._look(at)
        if isinstance(looked, NoData):
            return looked
        trouble, took_s, said = looked
        if getattr(question.ask, "measure", "up") == "up":
            return (Sample(0.0 if trouble else 1.0, at, trouble or said),)
        return NoData(Missing.EMPTY, f"the probe is down: {trouble}", at) if trouble else (Sample(took_s, at, said),)

    async def _look(self, at: datetime) -> tuple[str, float, str] | NoData:
        """What is wrong ("" for nothing), how long it took in seconds, and what was seen."""
        options, clock = self._options, asyncio.get_running_loop().time
        began = clock()
        try:
            fetched = await fetch(
                self._client,
                options.method,
                options.url,
                json=options.json_body,
                content=options.body,
                expect=range(100, 1000),
            )
        except OutsideFault as fault:
            trouble = _down(fault)
            if not trouble:
                return no_data(fault, at)
            if clock() - began > self._deadline_s * BUSY:
                return NoData(Missing.TIMEOUT, f"Perch was too busy to look for {clock() - began:.1f} s", at)
            return trouble, clock() - began, ""
        return self._trouble(fetched), fetched.took_s, f"status {fetched.status} in {fetched.took_s:.2f} s"

    def _trouble(self, fetched: Fetched) -> str:
        options, seen = self._options, f"status {fetched.status} in {fetched.took_s:.2f} s"
        if fetched.status not in options.expect_status:
            return seen
        if options.faster_than is not None and fetched.took_s >= options.faster_than.total_seconds():
            return f"{seen}, not within {options.faster_than.total_seconds():g} s"
        if options.expect_text is not None and options.expect_text not in fetched.text:
            return f"{seen}, without the text “{excerpt(options.expect_text, length=40)}”"
        return ""

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """No baseline: a probe keeps nothing."""
        return NoData(Missing.NO_BASELINE, "a probe keeps no history", end)

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


_BROKEN = (ConnectionResetError, BrokenPipeError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


def _down(fault: OutsideFault) -> str:
    """What the far side did, where a fault is its own; "" where it may be ours."""
    causes = chain(fault)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return ""
    if isinstance(fault, NotInTime):
        pool = any(isinstance(cause, httpx.PoolTimeout) for cause in causes)
        return "" if pool else "no answer in time"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    if any(isinstance(cause, _BROKEN) for cause in causes):
        return "the connection broke off"
    if any(isinstance(cause, httpx.DecodingError) for cause in causes):
        return "an answer that can't be unpacked"
    return ""


def _now_only(ask: Ask) -> timedelta:
    return timedelta(0)


KIND: Kind[Probe] = Kind(options=Options, build=Probe, ask=Ask, unit=Unit.COUNT, reach=_now_only)
