"""Statements in the database's own words, made once in a process, for whichever engine asks."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

MOST = 2000
"""Far more than Perch has forms of statements; beyond it something makes them up, and all are forgotten."""


class Statements(MutableMapping[Any, Any]):
    """A compiled cache as SQLAlchemy's `compiled_cache` execution option wants it, shared between engines.

    SQLAlchemy's own keys hold the engine's dialect by identity, so that each engine would compile all of them anew:
    the reader and the writer, and each database that is opened after another. What a statement reads like depends on
    the dialect's class and its server's version.
    """

    def __init__(self) -> None:
        self._kept: dict[Any, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        return self._kept[_shared(key)]

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[_shared(key)] = compiled

    def __delitem__(self, key: Any) -> None:
        del self._kept[_shared(key)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def _shared(key: Any) -> Any:
    dialect, *rest = key
    return (type(dialect), dialect.server_version_info, *rest)


STATEMENTS = Statements()
ONCE = {"compiled_cache": STATEMENTS}
"""Execution options for an engine that uses them."""
