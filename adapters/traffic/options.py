"""What the options of several kinds have in common: how mistakes are told, names, addresses, deadlines, places in JSON.

Options are checked twice: with the plan, while `${NAME}` still stands in their texts, and filled in, before building.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from adapters.traffic.values import spelled
from bot.domain.planning.fields import Duration, misread


class Options(BaseModel):
    """Frozen, unknown keys are mistakes, and the text of a mistake doesn't repeat what was given."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _deadline(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= timedelta(hours=1):
        raise misread("a timeout lies between 0 and 1h", "write it as 10s or 2m")
    return span


Deadline = Annotated[Duration, AfterValidator(_deadline)]

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""The name of an environment variable, never its value."""


def address(*schemes: str) -> AfterValidator:
    """Check an address lightly: one of `schemes` (where it's there already), and no user or password in it."""

    def check(value: str) -> str:
        scheme, found, rest = value.partition("://")
        if found and "${" not in scheme and scheme not in schemes:
            raise misread(f"an address here begins with {_either(schemes)}", f"write {schemes[0]}://host…")
        if not found and "${" not in value:
            raise misread("that is not an address", f"write {schemes[0]}://host…")
        if "@" in rest.partition("/")[0]:
            raise misread("an address holds no user or password", "name them by username…, password_env or token_env")
        return value

    return AfterValidator(check)


def _either(schemes: tuple[str, ...]) -> str:
    return " or ".join(f"{scheme}://" for scheme in schemes)


HttpUrl = Annotated[str, address("http", "https")]


def _steps(value: Any) -> Any:
    return tuple(value.split(".")) if isinstance(value, str) else tuple(str(step) for step in value or ())


def _filled(steps: tuple[str, ...]) -> tuple[str, ...]:
    if not steps or not all(steps):
        raise misread("a place in JSON names each step", "write it as a.b.0.c, or as a list where a name has a dot")
    return steps


JsonPath = Annotated[tuple[str, ...], BeforeValidator(_steps), AfterValidator(_filled)]
"""`a.b.0.c`, or a list of steps where a name has a dot in it."""


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise misread(f"that expression can't be read: {error}", "check its brackets and backslashes") from error
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]


def _one_group(value: str) -> str:
    if re.compile(_pattern(value)).groups != 1:
        raise misread("the expression needs exactly one group, around the value", r"write it as PCT=(\d+)")
    return value


OneGroupPattern = Annotated[str, AfterValidator(_one_group)]


def _text(value: Any) -> Any:
    return spelled(value) if isinstance(value, bool | int | float) else value


Text = Annotated[str, BeforeValidator(_text)]
"""A text; YAML's true, 0 and 0.5 are taken as they are spelled."""
