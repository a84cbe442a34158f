"""Runs a plan's commands: allowed programs only, secrets by environment, and what they say redacted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from adapters import placeholders
from adapters.commands import allowed
from adapters.http import NotInTime, excerpt
from adapters.options import Deadline, Options, VariableName
from adapters.subprocesses import Finished, run
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.domain.secret_names import sounds_secret
from bot.ports import Denied, Nonsense, OutOfReach
from bot.redaction import Redactor, secrets_in

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "csh", "tcsh", "busybox"})
_VARIABLE = re.compile(r"\$\{(\w+)")


def _argv(argv: tuple[str, ...]) -> tuple[str, ...]:
    if PurePath(argv[0]).name in _SHELLS and any(re.match(r"-\w*c", word) for word in argv[1:]):
        raise misread("a command runs without a shell", "put the lines in a script, and name the script")
    if any("\0" in word for word in argv):
        raise misread("an argument can't hold a zero byte", "take it out")
    if not argv[0] or placeholders.names_in(argv[0]):
        raise misread("the program itself is fixed", "use placeholders in its arguments only")
    if any(sounds_secret(name) for word in argv for name in _VARIABLE.findall(word)):
        raise misread("arguments can be seen by everyone on the machine", "give secrets by env: {NAME: PERCHS_NAME}")
    return argv


Argv = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_argv)]
"""A program and its arguments, each an element of its own; nothing in them is interpreted."""

Script = Annotated[tuple[Argv, ...], Field(min_length=1)]
"""Commands in order; the first that fails ends it."""


class CommandOptions(Options):
    """How commands are run. `env` gives the program's variable NAME the value of Perch's variable; each command has
    `timeout`; exit codes in `retry_codes` mean "try again later", others that a person must act."""

    timeout: Deadline = timedelta(seconds=60)
    env: Mapping[VariableName, VariableName] = Field(default_factory=dict)
    retry_codes: tuple[int, ...] = (75,)
    """75 is EX_TEMPFAIL of sysexits.h."""


class CommandLine:
    """Runs commands for one adapter. All methods raise OutOfReach, Denied or Nonsense."""

    def __init__(self, options: CommandOptions, environment: Environment) -> None:
        self._options = options
        self._environment = environment
        self._own = allowed.minimal(environment, options.env)
        named = allowed.secrets(environment, options.env)
        self._redact = Redactor(secrets_in(environment) | set(named.values()))
        self._hidden = Redactor(secrets_in(environment) | secrets_in(named))

    def allowed(self, script: Sequence[Sequence[str]]) -> str:
        """Check that each program may be run and shows no secret, running none; returns their paths for people.

        Looked at in a rehearsal alone: a kill mustn't fail because of a word that looks like a secret (law 2).
        """
        for argv in script:
            if any(map(self._hidden.holds, argv)):
                raise Denied(f"{argv[0]} would show a secret in its arguments; give it by env: {{NAME: PERCHS_NAME}}")
        return ", ".join(dict.fromkeys(allowed.resolved(argv[0], self._environment) for argv in script))

    async def script(self, script: Sequence[Sequence[str]], values: Mapping[str, Any] | None = None) -> None:
        """Run commands in order, placeholders filled."""
        for argv in script:
            await self.output(argv, values)

    async def output(self, argv: Sequence[str], values: Mapping[str, Any] | None = None) -> str:
        """Run one command and return what it wrote to its standard output, secrets taken out."""
        finished = await self.ended(argv, values)
        if finished.code != 0:
            raise self.failure(argv[0], finished)
        if finished.cut:
            raise Nonsense(f"{argv[0]} said more than 64 KiB")
        return self.safe(finished.out)

    async def ended(self, argv: Sequence[str], values: Mapping[str, Any] | None = None) -> Finished:
        """Run one command to its end, whatever its exit code."""
        program = allowed.resolved(argv[0], self._environment)
        words = [_filled(word, values or {}) for word in argv[1:]]
        seconds = self._options.timeout.total_seconds()
        try:
            return await run([program, *words], self._own, seconds)
        except TimeoutError as error:
            raise NotInTime(f"{argv[0]} didn't end within {seconds:g} s and was stopped") from error
        except OSError as error:
            raise Denied(f"{argv[0]} can't be started ({error.strerror})") from error

    def safe(self, text: str) -> str:
        """A text without secrets."""
        return self._redact(text)

    def failure(self, program: str, finished: Finished) -> OutOfReach | Denied:
        """The fault that an exit code other than 0 is, with the last lines of what was said."""
        lines = self.safe(finished.err.strip() or finished.out.strip()).splitlines()[-3:]
        said = f": {excerpt(' / '.join(lines), length=300)}" if lines else ""
        if finished.code < 0:
            return OutOfReach(f"{program} was ended by signal {-finished.code}{said}")
        fault = OutOfReach if finished.code in self._options.retry_codes else Denied
        return fault(f"{program} ended with exit code {finished.code}{said}")


def _filled(word: str, values: Mapping[str, Any]) -> str:
    filled = placeholders.fill_text(word, values)
    if filled.startswith("-") and not word.startswith("-"):
        raise Nonsense(f"a former value would become an option ({excerpt(filled, length=40)}); nothing was run")
    if "\0" in filled:
        raise Nonsense("a former value holds a zero byte; nothing was run")
    return filled
