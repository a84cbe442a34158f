"""What one value of an answer is as a number. JSON, SQL and commands read theirs here, so that one rule holds for all.

Numbers, texts that are a number, and times where a metric says `as: timestamp`; nothing is guessed: a yes is no 1, and
a number of milliseconds no time in seconds.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from adapters.http import excerpt
from bot.ports import Nonsense

ReadAs = Literal["number", "timestamp", "timestamp_ms"]
"""How a metric's values are meant: `timestamp` is ISO 8601 or seconds since 1970, `timestamp_ms` milliseconds."""

FAR_AHEAD_S = 1e11
"""The year 5138: a time in seconds that is larger was meant in milliseconds."""

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def figure(value: Any, read_as: ReadAs, where: str) -> float:
    """The number that a value is; for times in seconds since 1970. Raises Nonsense that names `where` it stood."""
    if read_as != "number":
        return _time(value, read_as, where)
    match value:
        case bool():
            raise Nonsense(f"{where} is {str(value).lower()}, not a number; compare with 1 where it is asked")
        case int() | float() | Decimal():
            return _float(value, where)
        case str() if _NUMBER.fullmatch(value.strip()):
            return _float(value, where)
        case datetime():
            raise Nonsense(f"{where} is a time, not a number; say as: timestamp if its age is meant")
        case str() if _moment(value) is not None:
            raise Nonsense(f"{where} is a time, not a number; say as: timestamp if its age is meant")
        case _:
            raise Nonsense(f"{where} is {_shown(value)}, not a number")


def _float(value: int | float | Decimal | str, where: str) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise Nonsense(f"{where} is a number without end") from error


def _time(value: Any, read_as: ReadAs, where: str) -> float:
    match value:
        case datetime():
            return _aware(value).timestamp()
        case str() if (found := _moment(value)) is not None:
            return found.timestamp()
    if isinstance(value, date):
        raise Nonsense(f"{where} is a day, not a time")
    try:
        seconds = figure(value, "number", where)
    except Nonsense as error:
        raise Nonsense(f"{where} is {_shown(value)}, neither an ISO time nor seconds since 1970") from error
    if read_as == "timestamp_ms":
        return seconds / 1000
    if abs(seconds) > FAR_AHEAD_S:
        raise Nonsense(f"{where} is too large for seconds since 1970; say as: timestamp_ms if milliseconds are meant")
    return seconds


def _moment(text: str) -> datetime | None:
    """An ISO 8601 time with a date; without a zone it is UTC."""
    stripped = text.strip()
    if len(stripped) < len("2026-01-01T00:00") or stripped.replace(".", "").isdecimal():
        return None
    try:
        return _aware(datetime.fromisoformat(stripped.replace(" UTC", "Z")))
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shown(value: Any) -> str:
    return excerpt(repr(value) if not isinstance(value, str) else f"“{value}”", length=60)
