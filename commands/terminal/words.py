"""The group of commands: imports each when its word is typed, and ends each with one line instead of a traceback."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import click

from commands.terminal.ending import exit_code, line


class Words(click.Group):
    """`table` is word → "module:attribute" of its command; `elsewhere` is word → where it is to be had instead."""

    def __init__(
        self, *arguments: Any, table: Mapping[str, str], elsewhere: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._table = table
        self._elsewhere = elsewhere or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self._table:
            return None
        module, _, attribute = self._table[name].partition(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word not in self._table and not word.startswith("-"):
            raise click.UsageError(f"There is no 'perch {word}'.{self._instead(word)}")
        return super().resolve_command(ctx, args)

    def _instead(self, word: str) -> str:
        if word in self._elsewhere:
            return f" {self._elsewhere[word]}"
        meant = difflib.get_close_matches(word, self._table, 1)
        return f" Did you mean perch {meant[0]}?" if meant else ""

    def main(self, *arguments: Any, **options: Any) -> NoReturn:
        """Run, and leave with the exit code; a failure is one line on stderr."""
        options["standalone_mode"] = False
        try:
            result = super().main(*arguments, **options)
        except (Exception, KeyboardInterrupt) as error:
            click.echo(line(error), err=True)
            sys.exit(exit_code(error))
        sys.exit(result if isinstance(result, int) else 0)
