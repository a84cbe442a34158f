"""Kinds that other packages bring by entry points: found when a plan names one, and never instead of a kind of ours.

A group for each role, `perch.traffic` and so on; the entry's name is the kind's, and what it points to is a `Kind`.
Nothing of a package is imported before somebody wants its kind, so that what nobody uses can't break anything.
https://packaging.python.org/en/latest/specifications/entry-points/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import BaseModel

from bot.domain.kinds import Kind, Kinds

ROLES = tuple(field.name for field in fields(Kinds) if field.name != "why_not")
GROUPS: Mapping[str, str] = {role: f"perch.{role}" for role in ROLES}

_NAME = re.compile(r"[a-z][a-z0-9_]*")
Found = Callable[[], Iterable[EntryPoint]]


def installed() -> Iterable[EntryPoint]:
    """Our groups' entry points, of all packages that are installed just now."""
    found = entry_points()
    return [entry for group in GROUPS.values() for entry in found.select(group=group)]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A kind that a package brings: `package` with its version, and why it can't be used, or ""."""

    role: str
    kind: str
    package: str
    trouble: str = ""


class Plugins:
    """What is installed. `builtin` has the kinds of ours, by role; what a package says as it breaks goes through
    `redact`."""

    def __init__(
        self,
        builtin: Mapping[str, Mapping[str, Kind[Any]]],
        found: Found = installed,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._builtin, self._found, self._redact = builtin, found, redact
        self._loaded: dict[tuple[str, str], Kind[Any] | str] = {}

    def kinds(self) -> Kinds:
        """Every kind of every role, ours and theirs."""
        return Kinds(**{role: Table(role, self._builtin[role], self) for role in ROLES}, why_not=self.why_not)

    def kind(self, role: str, name: str) -> Kind[Any] | None:
        """A kind that a package brings; None where none does, or where it can't be used."""
        loaded = self._load(role, name)
        return None if isinstance(loaded, str) else loaded

    def why_not(self, role: str, name: str) -> str:
        """Why a kind that a package brings can't be used; "" where it can, or where none brings it."""
        loaded = self._load(role, name)
        return loaded if isinstance(loaded, str) else ""

    def names(self, role: str) -> Iterator[str]:
        """The kinds of a role that packages bring and that can be used."""
        yield from sorted({entry.name for entry in self._of(role) if self.kind(role, entry.name) is not None})

    def all(self) -> list[Plugin]:
        """Everything that is installed, tried."""
        return [
            Plugin(role, entry.name, _package(entry), self.why_not(role, entry.name))
            for role in ROLES
            for entry in sorted(self._of(role), key=lambda entry: (entry.name, _package(entry)))
        ]

    def _load(self, role: str, name: str) -> Kind[Any] | str | None:
        key = (role, name)
        if key not in self._loaded:
            entries = [entry for entry in self._of(role) if entry.name == name]
            if not entries:
                return None
            self._loaded[key] = self._clash(role, name, entries) or _kind_of(entries[0], self._redact)
        return self._loaded[key]

    def _clash(self, role: str, name: str, entries: list[EntryPoint]) -> str:
        if name in self._builtin[role]:
            return f"{_package(entries[0])} brings it too, and '{name}' is Perch's own: its author must rename it"
        if len(entries) > 1:
            return f"{' and '.join(sorted(map(_package, entries)))} both bring it: uninstall one"
        return ""

    def _of(self, role: str) -> list[EntryPoint]:
        return [entry for entry in self._ours if entry.group == GROUPS[role]]

    @cached_property
    def _ours(self) -> list[EntryPoint]:
        return list(self._found())


class Table(Mapping[str, Kind[Any]]):
    """The kinds of one role. Those of ours come first, and are found without a look at what is installed."""

    def __init__(self, role: str, builtin: Mapping[str, Kind[Any]], plugins: Plugins) -> None:
        self._role, self._builtin, self._plugins = role, builtin, plugins

    def __getitem__(self, name: str) -> Kind[Any]:
        kind = self._builtin.get(name) or self._plugins.kind(self._role, name)
        if kind is None:
            raise KeyError(name)
        return kind

    def __iter__(self) -> Iterator[str]:
        yield from self._builtin
        yield from self._plugins.names(self._role)

    def __len__(self) -> int:
        return len(list(iter(self)))


def _kind_of(entry: EntryPoint, redact: Callable[[str], str]) -> Kind[Any] | str:
    """What an entry point leads to, or what is wrong with it. A package may break in any way."""
    package = _package(entry)
    if not _NAME.fullmatch(entry.name):
        return f"{package} brings it, and a kind's name is lower-case letters, digits and _"
    try:
        kind = entry.load()
    except (Exception, SystemExit) as broke:
        # A script without a guard ends its process when it's imported; that mustn't be ours.
        return f"{package} brings it and breaks when it is loaded: {_said(broke, redact)}"
    if not isinstance(kind, Kind):
        return f"{package} brings it, but {entry.value} is no bot.domain.kinds.Kind"
    if not _discreet(kind.options) or (kind.ask is not None and not _is_model(kind.ask)):
        return f"{package} brings it, but its options are no subclass of adapters.options.Options"
    return kind


def _is_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)


def _discreet(options: Any) -> bool:
    """Whether a mistake in the options doesn't quote what was filled in, secrets perhaps."""
    return _is_model(options) and bool(options.model_config.get("hide_input_in_errors"))


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value


def _said(broke: BaseException, redact: Callable[[str], str]) -> str:
    """The first line of it, cut."""
    line = next(iter(redact(str(broke)).splitlines()), "")
    shown = "".join(letter if letter.isprintable() else " " for letter in line)[:120]
    return f"{type(broke).__name__}: {shown}" if shown else type(broke).__name__
