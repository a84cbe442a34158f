"""Kind `command` (R14): a command that only looks, such as `redis-cli llen` or `kubectl get pods`; never a shell."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator

from adapters import placeholders
from adapters.commands.line import Argv, CommandLine, CommandOptions
from bot.domain.kinds import Environment
from bot.domain.planning.fields import Duration, misread
from bot.ports import Seen

LONGEST = timedelta(seconds=30)
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def _short(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= LONGEST:
        raise misread("a diagnosis takes no longer than 30s", "write it as 5s or 30s")
    return span


def _no_placeholders(argv: tuple[str, ...]) -> tuple[str, ...]:
    placeholders.check(argv, ())
    return argv


class CommandDiagnosisOptions(CommandOptions):
    """`diagnose: [{command: [redis-cli, llen, jobs]}]`; how it's run is as for any command of a plan."""

    command: Annotated[Argv, AfterValidator(_no_placeholders)]
    timeout: Annotated[Duration, AfterValidator(_short)] = timedelta(seconds=10)


class CommandDiagnosis:
    """Runs a command and returns what it wrote."""

    def __init__(self, options: CommandDiagnosisOptions, environment: Environment) -> None:
        self._argv = options.command
        self._line = CommandLine(options, environment)

    async def look(self) -> Seen:
        # Unlike on a way down, a word that would show a secret is reason enough not to run it (law 8).
        self._line.allowed([self._argv])
        finished = await self._line.ended(self._argv)
        if finished.code != 0:
            raise self._line.failure(self._argv[0], finished)
        wrote = self._line.safe(finished.out.strip("\n") or finished.err.strip("\n"))
        return Seen(_COLOURS.sub("", wrote), finished.cut)

    async def rehearse(self) -> str:
        return f"may run {self._line.allowed([self._argv])}; it isn't tried"

    async def aclose(self) -> None:
        """Nothing is kept open."""
