"""What Perch knows of the kinds that a plan may name, without naming any: the adapters bring the table.

The plan schema holds `kind` and options; the kind's own model checks the options, with the same file, line and hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from bot.domain.units import Unit

Built = TypeVar("Built", covariant=True)
Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Built]):
    """One kind: the model of its options, how it is built from them, and what it needs of a plan.

    `build` gets options with `${NAME}` already filled in and the environment, for secrets by name. It connects to
    nothing. `ask` is the model of what a metric may say to a source of this kind; `longest_range` tells the longest
    time that such a question looks back (the default settle time); `unit` is the unit that the kind implies.
    """

    options: type[BaseModel]
    build: Callable[[Any, Environment], Built]
    ask: type[BaseModel] | None = None
    unit: Unit | None = None
    longest_range: Callable[[Any], timedelta] | None = None


@dataclass(frozen=True, slots=True)
class Kinds:
    """All kinds by role and name. Roles: sources, traffic, kill methods, confirmations."""

    sources: Mapping[str, Kind[Any]] = field(default_factory=dict)
    traffic: Mapping[str, Kind[Any]] = field(default_factory=dict)
    kill: Mapping[str, Kind[Any]] = field(default_factory=dict)
    confirm: Mapping[str, Kind[Any]] = field(default_factory=dict)


class MissingEnvironment(LookupError):
    """A plan names an environment variable that isn't set; `name` is the variable."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the environment variable {name} is not set")
        self.name = name


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def fill_in(value: Any, environment: Environment) -> Any:
    """Replace `${NAME}` and `${NAME:-default}` in every string of a tree; raises MissingEnvironment."""

    def variable(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        if name in environment:
            return environment[name]
        if default is None:
            raise MissingEnvironment(name)
        return default

    match value:
        case str():
            return _VARIABLE.sub(variable, value)
        case dict():
            return {key: fill_in(item, environment) for key, item in value.items()}
        case list() | tuple():
            return [fill_in(item, environment) for item in value]
        case _:
            return value
