"""What the options of all notifiers have in common, and how texts are cut to what far sides take."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator

from bot.domain.planning.fields import Duration, misread

LONGEST = timedelta(seconds=30)
"""The engine gives a try twice as much: some far sides are asked several things."""


def _deadline(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= LONGEST:
        raise misread("a notifier's timeout lies between 0 and 30s: a try that takes longer is begun anew", "as: 10s")
    return span


Deadline = Annotated[Duration, AfterValidator(_deadline)]


def cut(text: str, most: int) -> str:
    """At most so many characters; what was cut is shown to be."""
    return text if len(text) <= most else text[: most - 1] + "…"


def one_line(text: str, most: int) -> str:
    """The same on one line, without what can't be printed."""
    return cut(" ".join("".join(letter if letter.isprintable() else " " for letter in text).split()), most)
