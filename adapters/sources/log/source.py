"""The source: reads on in threads of its own, since files block, and never past a deadline."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.http import NotInTime, excerpt, no_data
from adapters.options import Deadline, OneGroupPattern, Options
from adapters.sources.log.stamps import Stamps
from adapters.sources.log.tail import OutOfSight, StillReading, Tail
from adapters.sources.patterns import LinePattern, LineText
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.fields import Duration, misread
from bot.ports import Answer, OutsideFault, Question, Sample
from bot.redaction import Redactor, secrets_in

STAGE_START = "stage_start"
HISTORY_STEPS = 12


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise misread(f"there is no time zone '{name}'", "write UTC, or a name as Europe/Madrid") from error
    return name


class LogOptions(Options):
    """`sources: {app: {kind: log, path: /var/log/denis/app.log}}`.

    `time` finds a line's time where it isn't ISO 8601 or seconds since 1970, `time_format` reads it as `strptime` does,
    and `timezone` is that of times without one.
    """

    path: str = Field(min_length=1)
    time: OneGroupPattern | None = None
    time_format: str = ""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    deadline: Deadline = timedelta(seconds=5)
    at_once: int = Field(default=2, ge=1, le=8)
    per_minute: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _together(self) -> LogOptions:
        if self.time_format and self.time is None:
            raise misread("time_format reads what time finds", r"add time: '^\[([^\]]+)\]'")
        return self


class Ask(BaseModel):
    """How many lines match, since the stage began or, with `over`, in the last time; `rate` is that per second."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    matches: LineText
    unless: LineText | None = None
    over: Duration | None = None
    rate: bool = False

    @model_validator(mode="after")
    def _window(self) -> Ask:
        if self.over is not None and self.over <= timedelta(0):
            raise misread("a window has a length", "write over: 5m")
        if self.rate and self.over is None:
            raise misread("a rate is taken over a time", "add over: 5m")
        return self


class Log:
    """One log file. Each pattern reads it on by itself; few of them at once."""

    def __init__(self, options: LogOptions, environment: Environment) -> None:
        self._path = Path(options.path)
        pattern = re.compile(options.time) if options.time else None
        self._stamps = Stamps(pattern, options.time_format, ZoneInfo(options.timezone))
        self._deadline_s = options.deadline.total_seconds()
        self._redact = Redactor(secrets_in(environment))
        self._tails: dict[tuple[str, str | None], tuple[Tail, Lock]] = {}
        self._turn = asyncio.Semaphore(options.at_once)
        self._threads = ThreadPoolExecutor(options.at_once, thread_name_prefix="log")
        self._open = True

    async def ask(self, question: Question, at: datetime) -> Answer:
        """One sample: the count, or the rate, with the newest line that matched as its label."""
        ask = _checked(question)
        since = at - ask.over if ask.over else dict(question.values).get(STAGE_START)
        if not isinstance(since, datetime):
            return NoData(Missing.NOT_ASKED, "no stage has begun here; give the metric over: 5m", at)
        try:
            async with self._turn, asyncio.timeout(self._deadline_s):
                if not self._open:
                    return NoData(Missing.NOT_ASKED, "the source was closed", at)
                loop = asyncio.get_running_loop()
                count, line = await loop.run_in_executor(self._threads, partial(self._count, ask, since, at))
        except TimeoutError:
            return no_data(NotInTime(f"{self._path} wasn't read within {self._deadline_s:g} s"), at)
        except (StillReading, OutOfSight) as fault:
            return NoData(Missing.PARTIAL, str(fault), at)
        except OutsideFault as fault:
            return no_data(fault, at)
        value = count / ask.over.total_seconds() if ask.rate and ask.over else float(count)
        return (Sample(value, at, excerpt(self._redact(line), length=120) if count else ""),)

    def _count(self, ask: Ask, since: datetime, at: datetime) -> tuple[int, str]:
        tail, turn = self._tails.setdefault((ask.matches, ask.unless), (self._tail(ask), Lock()))
        with turn:
            tail.read_on(since, time.monotonic() + self._deadline_s * 0.8)
            return tail.count(since, at), tail.last

    def _tail(self, ask: Ask) -> Tail:
        wanted = LinePattern(ask.matches)
        unwanted = LinePattern(ask.unless) if ask.unless else None
        return Tail(self._path, self._stamps, lambda line: wanted.fits(line) and not (unwanted and unwanted.fits(line)))

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """The count over the window before each of twelve times; a count since a stage's beginning has no past."""
        if _checked(question).over is None:
            return NoData(
                Missing.NO_BASELINE, "a count since the stage began has no past; give the metric over: 5m", end
            )
        found: list[Sample] = []
        for step in range(HISTORY_STEPS):
            answer = await self.ask(question, start + (end - start) * step / (HISTORY_STEPS - 1))
            if isinstance(answer, NoData):
                return answer
            found += answer
        return tuple(found)

    async def aclose(self) -> None:
        """Let go of the files; what is being read ends by its deadline."""
        self._open = False
        self._threads.shutdown(wait=False)
        for tail, turn in self._tails.values():
            if turn.acquire(blocking=False):
                tail.close()
                turn.release()


def _checked(question: Question) -> Ask:
    return question.ask if isinstance(question.ask, Ask) else Ask.model_validate(question.ask.model_dump())


def _names(ask: Ask) -> frozenset[str]:
    return frozenset() if ask.over else frozenset({STAGE_START})


def _reach(ask: Ask) -> timedelta:
    return timedelta.max if ask.over else timedelta(0)


def _longest_range(ask: Ask) -> timedelta:
    return ask.over or timedelta(0)


KIND: Kind[Log] = Kind(options=LogOptions, build=Log, ask=Ask, names=_names, reach=_reach, longest_range=_longest_range)
