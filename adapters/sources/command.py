"""M6: what a command says (celery inspect, redis-cli, kubectl logs): a number in it, how it ended, or how many lines.

The program runs without a shell, from the operator's list, in an environment of its own; `adapters.commands` has the
rules. One that takes too long is ended with all that it started.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters import placeholders
from adapters.commands.line import Argv, CommandLine, CommandOptions
from adapters.http import excerpt, no_data
from adapters.json_places import JsonPath, parsed
from adapters.options import Pattern
from adapters.sources import json_page
from adapters.sources.figures import ReadAs, figure
from adapters.sources.patterns import LinePattern, LineText
from bot.domain.kinds import Environment, Kind
from bot.domain.measurements import Missing, NoData
from bot.domain.named_values import NAMES
from bot.domain.planning.fields import Duration, misread
from bot.ports import Answer, Nonsense, OutsideFault, Question, Sample

LONGEST = timedelta(seconds=60)
PLACEHOLDERS = NAMES | {"at"}


def _within(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= LONGEST:
        raise misread("a command that is asked in each check takes at most 1m", "write it as 5s or 30s")
    return span


class Options(CommandOptions):
    """`sources: {celery: {kind: command, env: {…}}}`. `deadline` is one run's time, `at_once` how many run together."""

    timeout: Annotated[Duration, AfterValidator(_within)] = Field(default=timedelta(seconds=8), alias="deadline")
    at_once: int = Field(default=2, ge=1, le=8)
    per_minute: int | None = Field(default=None, ge=1)


def _one_or_named(pattern: str) -> str:
    groups, named = re.compile(pattern).groups, re.compile(pattern).groupindex
    if groups != 1 and "value" not in named:
        raise misread("the expression needs one group around the number", r"write it as active: (\d+)")
    return pattern


class Ask(BaseModel):
    """What is run, and where the number is: all of the output, by `regex`, at `path` in its JSON, or its `exit_code`.

    `lines` counts lines that match. A `regex` with a group `value` and other named groups gives a series per match.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    argv: Argv
    regex: Annotated[Pattern, AfterValidator(_one_or_named)] | None = None
    path: JsonPath | None = None
    name: JsonPath | None = None
    lines: LineText | None = None
    exit_code: bool = False
    read_as: ReadAs = Field(default="number", alias="as")

    @model_validator(mode="after")
    def _one_way(self) -> Ask:
        placeholders.check(self.argv, PLACEHOLDERS)
        given = [key for key in ("regex", "path", "lines", "exit_code") if getattr(self, key)]
        if len(given) > 1:
            raise misread(f"the number is read by {' and by '.join(given)}", "keep one; without any, all of the output")
        return self


class Command:
    """Runs what metrics ask, few at a time. An exit code other than 0 is no data, unless the code is what is asked."""

    def __init__(self, options: Options, environment: Environment) -> None:
        self._line = CommandLine(options, environment)
        self._turn = asyncio.Semaphore(options.at_once)
        self._open = True

    async def ask(self, question: Question, at: datetime) -> Answer:
        """Run it, and read what it says."""
        ask = _checked(question)
        values = {name: _spelled(value) for name, value in (*question.values, ("at", at))}
        try:
            async with self._turn:
                if not self._open:
                    return NoData(Missing.NOT_ASKED, "the source was closed", at)
                if ask.exit_code:
                    return (Sample(float((await self._line.ended(ask.argv, values)).code), at),)
                return _read(ask, await self._line.output(ask.argv, values), at)
        except OutsideFault as fault:
            return no_data(fault, at)

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """No baseline: a command tells how it is now."""
        return NoData(Missing.NO_BASELINE, "a command keeps no history", end)

    async def aclose(self) -> None:
        """Nothing is kept open; what runs is ended by its deadline."""
        self._open = False


def _read(ask: Ask, output: str, at: datetime) -> Answer:
    program = ask.argv[0]
    if ask.lines is not None:
        return (LinePattern(ask.lines).counted(output.splitlines(), at),)
    if ask.path is not None:
        asked = json_page.Ask.model_validate({"path": ask.path, "name": ask.name, "as": ask.read_as})
        return json_page.found(asked, parsed(output, program), program, at)
    if ask.regex is not None:
        return _matched(ask, ask.regex, output, at)
    if not output.strip():
        return NoData(Missing.EMPTY, f"{program} said nothing", at)
    return (Sample(figure(output.strip(), ask.read_as, f"what {program} says"), at),)


def _matched(ask: Ask, pattern: str, output: str, at: datetime) -> Answer:
    found = list(re.finditer(pattern, output, re.MULTILINE))
    if not found:
        return NoData(Missing.EMPTY, f"{ask.argv[0]} said nothing that fits: {excerpt(output, length=60)}", at)
    return tuple(_sample(ask, each, at) for each in found)


def _sample(ask: Ask, found: re.Match[str], at: datetime) -> Sample:
    named = found.groupdict()
    value = named.pop("value", None) if "value" in named else found[1]
    where = f"what {ask.argv[0]} says"
    if value is None:
        raise Nonsense(f"{where} fits without a number: {excerpt(found[0], length=60)}")
    name = ", ".join(f"{key}={word}" for key, word in named.items() if word is not None)
    return Sample(figure(value, ask.read_as, where), at, excerpt(name))


def _spelled(value: Any) -> str:
    """A value in an argument: times as RFC 3339, which kubectl and journalctl read."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _checked(question: Question) -> Ask:
    return question.ask if isinstance(question.ask, Ask) else Ask.model_validate(question.ask.model_dump(by_alias=True))


def _names(ask: Ask) -> frozenset[str]:
    return placeholders.names_in(ask.argv) & NAMES


def _now_only(ask: Ask) -> timedelta:
    return timedelta(0)


KIND: Kind[Command] = Kind(options=Options, build=Command, ask=Ask, names=_names, reach=_now_only)
