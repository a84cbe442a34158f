"""What Perch knows of the kinds that a plan may name, without naming any: the adapters bring the table.

The plan schema holds `kind` and options; the kind's own model checks the options, with the same file, line and hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bot.domain.flags import Routing
from bot.domain.planning.actions import Lasts
from bot.domain.units import Unit
from bot.domain.urgencies import Hears

Built = TypeVar("Built", covariant=True)
Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Built]):
    """One kind: the model of its options, how it is built from them, and what it needs of a plan.

    `build` gets options with `${NAME}` already filled in and the environment, for secrets by name. It connects to
    nothing. `ask` is the model of what a metric may say to a source of this kind; `longest_range` tells the longest
    time that such a question looks back (the default settle time); `unit` is the unit that the kind implies;
    `keeps`: its answers rest on earlier ones, so that all who ask must share one object. `joins`: several questions may
    be one request to the far side. `names` tells which of
    `named_values.NAMES` a question needs; `reach` how far back from now it can be asked (without it: as far as anybody
    likes). `disagree` tells what is wrong between a source's options and a question, and how to mend it. `hears` is of
    what a notifier is told; `lasts` how long an effect of this kind stands where the plan doesn't say.

    Of a task: `tells` are the numbers that come of it, by name, with their units; `of_plan` names fields of the plan
    itself that its options take over, whatever stands beside the kind.

    `flags`: it stands on the flags that Perch itself answers for, and is built with them (`bot.ports.Flags`) as a third
    argument. `routing` is the flag whose weight such options move, `switches` the key of the one that they switch off.
    `mirror` builds, like `build`, what sets the share of requests that is copied to the canary, where `mirrors` is true
    of the options as they are written in the plan.
    """

    options: type[BaseModel]
    build: Callable[..., Built]
    ask: type[BaseModel] | None = None
    unit: Unit | None = None
    longest_range: Callable[[Any], timedelta] | None = None
    keeps: bool = False
    joins: bool = False
    names: Callable[[Any], frozenset[str]] | None = None
    reach: Callable[[Any], timedelta] | None = None
    disagree: Callable[[Any, Any], tuple[str, str] | None] | None = None
    hears: Hears = Hears.EACH
    tells: Mapping[str, Unit] = field(default_factory=dict)
    of_plan: tuple[str, ...] = ()
    lasts: Lasts = Lasts.FOR_GOOD
    flags: bool = False
    routing: Callable[[Any], Routing] | None = None
    switches: Callable[[Any], str] | None = None
    mirror: Callable[..., Built] | None = None
    mirrors: Callable[[Mapping[str, Any]], bool] | None = None

    def asked(self, ask: Mapping[str, Any]) -> Any:
        """A question as `ask` reads it; None where the kind is asked nothing, or the question isn't good."""
        try:
            return self.ask.model_validate(ask) if self.ask is not None else None
        except ValidationError:
            return None


@dataclass(frozen=True, slots=True)
class Kinds:
    """All kinds by role and name. Roles: sources, traffic, kill methods, confirmations, diagnoses, effects,
    archives, notifiers, tasks."""

    sources: Mapping[str, Kind[Any]] = field(default_factory=dict)
    traffic: Mapping[str, Kind[Any]] = field(default_factory=dict)
    kill: Mapping[str, Kind[Any]] = field(default_factory=dict)
    confirm: Mapping[str, Kind[Any]] = field(default_factory=dict)
    diagnosis: Mapping[str, Kind[Any]] = field(default_factory=dict)
    effects: Mapping[str, Kind[Any]] = field(default_factory=dict)
    archives: Mapping[str, Kind[Any]] = field(default_factory=dict)
    tasks: Mapping[str, Kind[Any]] = field(default_factory=dict)
    notifiers: Mapping[str, Kind[Any]] = field(default_factory=dict)
    why_not: Callable[[str, str], str] = field(default=lambda role, name: "")
    """Why a kind isn't there that somebody meant to bring, by role and name; "" where nobody did."""


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


@dataclass(frozen=True, slots=True)
class Variable:
    """A `${NAME}` or `${NAME:-default}`."""

    name: str
    has_default: bool

    def set_in(self, environment: Environment) -> bool:
        """Whether `fill_in` has something to put there."""
        return self.has_default or self.name in environment


def variables(value: Any) -> list[Variable]:
    """Those that `fill_in` would replace in a tree."""
    match value:
        case str():
            return [Variable(found[1], found[2] is not None) for found in _VARIABLE.finditer(value)]
        case dict():
            return [each for item in value.values() for each in variables(item)]
        case list() | tuple():
            return [each for item in value for each in variables(item)]
        case _:
            return []
