"""Kind `command` (R20): what is run before or after a stage, and what takes it back; allowed programs, no shell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from adapters import placeholders
from adapters.commands.line import CommandLine, CommandOptions, Script
from adapters.http import excerpt
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread

KEY = frozenset({"key"})


def _one_or_several(value: Any) -> Any:
    """`[systemctl, start, exporter]` is a script of one command."""
    single = isinstance(value, list | tuple) and bool(value) and all(isinstance(word, str) for word in value)
    return [value] if single else value


Commands = Annotated[Script, BeforeValidator(_one_or_several)]
"""One command, or several in order; the first that fails ends it."""


class CommandEffectOptions(CommandOptions):
    """`before: [{kind: command, do: […], undo: […]}]`. `undo` also runs after a `do` whose end nobody knows."""

    do: Commands | None = None
    undo: Commands | None = None

    @model_validator(mode="after")
    def _does_something(self) -> CommandEffectOptions:
        if not self.do and not self.undo:
            raise misread("the action does nothing", "add do: [systemctl, start, queue-exporter]")
        placeholders.check([self.do, self.undo], KEY)
        return self


class CommandEffect:
    """Commands that do something, and commands that take it back."""

    def __init__(self, options: CommandEffectOptions, environment: Environment) -> None:
        self._options = options
        self._line = CommandLine(options, environment)

    @property
    def target(self) -> str:
        return f"command {' '.join((self._options.do or self._options.undo or ((),))[0])}"

    async def begin(self, key: str) -> str:
        if self._options.do is None:
            return "nothing is to be done on the way up"
        # Unlike on a way down, a word that would show a secret is reason enough not to run it (law 8).
        self._line.allowed(self._options.do)
        return await self._run(self._options.do, key)

    async def end(self, key: str) -> str:
        return "" if self._options.undo is None else await self._run(self._options.undo, key)

    async def rehearse(self) -> str:
        paths = self._line.allowed([*(self._options.do or ()), *(self._options.undo or ())])
        return f"may run {paths}; nothing was run"

    async def aclose(self) -> None:
        """Nothing is kept open."""

    async def _run(self, script: Sequence[Sequence[str]], key: str) -> str:
        """What was run, and the last line that it said."""
        said = ""
        for argv in script:
            finished = await self._line.ended(argv, {"key": key})
            if finished.code != 0:
                raise self._line.failure(argv[0], finished)
            lines = self._line.safe(finished.out.strip()).splitlines()
            said = f": {excerpt(lines[-1], length=120)}" if lines else ""
        return f"{script[-1][0]} ended well{said}"
