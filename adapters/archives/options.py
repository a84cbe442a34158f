"""What the options of all destinations have in common: deadlines, folders."""

from __future__ import annotations

import re
from datetime import timedelta
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator

from bot.domain.planning.fields import Duration, misread

LONGEST = timedelta(minutes=2)
"""The engine gives a try a little more than this."""


def _deadline(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= LONGEST:
        raise misread("a timeout lies between 0 and 2m: a try that takes longer is begun anew", "write it as 30s or 1m")
    return span


Deadline = Annotated[Duration, AfterValidator(_deadline)]

FIELDS = ("plan", "rollout", "environment", "service", "outcome", "year", "month", "day")
"""What a folder template may have in braces; the date is that of the end."""
DEFAULT = "{plan}/{rollout}"
_STEP = re.compile(r"[A-Za-z0-9._-]*")


def _template(value: str) -> str:
    if "${" in value:
        return value
    if value.startswith("/") or "\\" in value:
        raise misread("a folder template is relative to its destination", f"write it as {DEFAULT}")
    try:
        parts = list(Formatter().parse(value))
    except ValueError:
        raise misread("the braces of the folder template don't match", f"write it as {DEFAULT}") from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in FIELDS or spec or conversion):
            raise misread(f"a folder template knows no {{{name}}}", "known: " + ", ".join(FIELDS))
    for step in value.split("/"):
        fixed = re.sub(r"\{\w+\}", "", step)
        if not step or step.startswith(".") or not _STEP.fullmatch(fixed):
            raise misread("a step of the folder template is empty, begins with a dot, or has odd letters", DEFAULT)
    if not any(name == "rollout" for _, name, _, _ in parts):
        raise misread("the folder template doesn't tell rollouts apart", f"add {{rollout}}, as: {DEFAULT}")
    return value


Template = Annotated[str, AfterValidator(_template)]
"""Where the files of one rollout go, below a destination: `{plan}/{rollout}`."""
