"""What the options of most kinds have in common: how their mistakes are told, deadlines, names, patterns.

Options are checked twice: with the plan, while `${NAME}` still stands in their texts, and filled in, before building.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

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


def readable(value: str) -> str:
    """A regular expression that can be read, as it is. Raises a `misread`."""
    try:
        re.compile(value)
    except re.error as error:
        raise misread(f"that expression can't be read: {error}", "check its brackets and backslashes") from error
    return value


Pattern = Annotated[str, AfterValidator(readable)]


def _one_group(value: str) -> str:
    if re.compile(readable(value)).groups != 1:
        raise misread("the expression needs exactly one group, around the value", r"write it as PCT=(\d+)")
    return value


OneGroupPattern = Annotated[str, AfterValidator(_one_group)]
