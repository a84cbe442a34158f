"""Kind `command` (R24): a test command, such as a crash injection or a change of the number of workers; no shell."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from adapters import placeholders
from adapters.commands.line import Argv, CommandLine, CommandOptions
from adapters.options import Pattern
from adapters.subprocesses import GRACE_S, Finished
from bot.domain.kinds import Environment
from bot.domain.planning.fields import Duration, misread
from bot.domain.units import Unit
from bot.ports import OutsideFault, Ran

TELLS: Mapping[str, Unit] = {"exit_code": Unit.COUNT, "took": Unit.SECONDS}
KEPT = 4000
"""So many characters of what a command wrote go on record: its end, where a test says what came of it."""
LINES = 300
"""So many lines of what a load generator wrote are its transcript: its end, where the figures are."""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def _no_placeholders(argv: tuple[str, ...]) -> tuple[str, ...]:
    placeholders.check(argv, ())
    return argv


LONGEST = timedelta(hours=2)
"""A load test of an hour ends within it."""


def _short(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= LONGEST:
        raise misread("a test command takes no longer than 2h", "write it as 10m or 75m")
    return span


class CommandTaskOptions(CommandOptions):
    """`{command: [./inject-crash.sh], env: …, timeout: 10m}`. It passes with an exit code of `exit_codes`, and where
    `says` is found in what it wrote. Of a `load_burst`, a load generator for instance, that is kept as its transcript.
    """

    command: Annotated[Argv, AfterValidator(_no_placeholders)]
    exit_codes: Annotated[tuple[int, ...], Field(min_length=1)] = (0,)
    says: Pattern | None = None
    timeout: Annotated[Duration, AfterValidator(_short)] = timedelta(seconds=60)
    load_burst: bool = False


class CommandTask:
    """Runs one command. It is stopped with all that it has started (TERM, then KILL)."""

    def __init__(self, options: CommandTaskOptions, environment: Environment) -> None:
        self._options = options
        self._line = CommandLine(options, environment)

    @property
    def takes(self) -> timedelta:
        return self._options.timeout + timedelta(seconds=GRACE_S + 3)

    @property
    def about(self) -> str:
        return self._line.safe(" ".join(self._options.command))

    def attempt(self) -> CommandAttempt:
        return CommandAttempt(self._options, self._line)

    async def rehearse(self) -> str:
        return f"may run {self._line.allowed([self._options.command])}; it isn't tried"

    async def aclose(self) -> None:
        """Nothing is kept open."""


class CommandAttempt:
    """One run of it."""

    def __init__(self, options: CommandTaskOptions, line: CommandLine) -> None:
        self._options, self._line = options, line
        self._ran = Ran()

    async def carry_out(self) -> None:
        # As in a diagnosis, and unlike on a way down: a word that would show a secret is reason enough (law 8).
        self._line.allowed([self._options.command])
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            finished = await self._line.ended(self._options.command)
        except OutsideFault as fault:
            self._ran = Ran(fault=str(fault))
            return
        wrote = _COLOURS.sub("", self._line.safe("\n".join(filter(None, (finished.out.strip(), finished.err.strip())))))
        self._ran = Ran(
            fault=self._fault(finished, wrote),
            numbers={"exit_code": finished.code, "took": clock() - began},
            output=wrote[-KEPT:],
            cut=finished.cut or len(wrote) > KEPT,
            record="load" if self._options.load_burst else "",
            facts={"transcript": wrote.splitlines()[-LINES:]} if self._options.load_burst else {},
        )

    def _fault(self, finished: Finished, wrote: str) -> str:
        program = self._options.command[0]
        if finished.code < 0:
            return f"{program} was ended by signal {-finished.code}"
        if finished.code not in self._options.exit_codes:
            return f"{program} ended with exit code {finished.code}"
        if self._options.says is not None and re.search(self._options.says, wrote) is None:
            return f"{program} didn't say what it must: {self._options.says}"
        return ""

    def result(self) -> Ran:
        return self._ran
