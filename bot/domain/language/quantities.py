"""Numbers with units, as conditions write them: `95%`, `1500ms`, `10/min`, `2GiB`, `100`."""

from __future__ import annotations

import difflib
import re
from datetime import timedelta

from bot.domain.conditions import Number
from bot.domain.language.misread import Misread
from bot.domain.language.tokens import Token
from bot.domain.units import Unit, parse_duration

_SHAPE = re.compile(r"(\d+(?:\.\d+)?)\s*(.*)")
_RATES = {
    "s": Unit.PER_SECOND,
    "sec": Unit.PER_SECOND,
    "second": Unit.PER_SECOND,
    "m": Unit.PER_MINUTE,
    "min": Unit.PER_MINUTE,
    "minute": Unit.PER_MINUTE,
    "h": Unit.PER_HOUR,
    "hour": Unit.PER_HOUR,
}
_SIZES = {
    "B": 1.0,
    "KB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "TB": 1e12,
    "KiB": 2.0**10,
    "MiB": 2.0**20,
    "GiB": 2.0**30,
    "TiB": 2.0**40,
}
_SPELLINGS = ("%", "pp", "ms", "s", "m", "h", "d", "w", *_SIZES)
_WORDS = {"percent": "%", "sec": "s", "secs": "s", "seconds": "s", "second": "s", "min": "m", "mins": "m"}
_WORDS |= {"minutes": "m", "minute": "m", "hour": "h", "hours": "h", "hr": "h", "days": "d", "day": "d", "msec": "ms"}


def read_number(token: Token, *, points: bool = False) -> Number:
    """Read a quantity. Times come back in seconds, or milliseconds where written so; `pp` only where `points`.

    Raises Misread at the unit.
    """
    shape = _SHAPE.fullmatch(token.text)
    if shape is None:
        raise Misread(f"'{token.text}' is not a number", "a number with its unit", token.at)
    value, unit = float(shape[1]), shape[2].replace(" ", "")
    if unit == "":
        return Number(value, Unit.COUNT)
    if unit == "%" or (unit == "pp" and points):
        return Number(value, Unit.PERCENT)
    if unit == "ms":
        return Number(value, Unit.MILLISECONDS)
    if unit.startswith("/") and unit[1:] in _RATES:
        return Number(value, _RATES[unit[1:]])
    if unit in _SIZES:
        return Number(value * _SIZES[unit], Unit.BYTES)
    try:
        return Number(parse_duration(token.text).total_seconds(), Unit.SECONDS)
    except OverflowError:
        raise _too_long(token) from None
    except ValueError:
        raise _unknown_unit(token, shape[1], unit, token.at + shape.start(2)) from None


def read_duration(token: Token, what: str) -> timedelta:
    """Read a quantity as a time. Raises Misread where it isn't one."""
    try:
        return parse_duration(token.text)
    except OverflowError:
        raise _too_long(token) from None
    except ValueError:
        if token.text.replace(".", "").isdecimal():
            hint = f"{token.text}s, {token.text}m or {token.text}h"
            raise Misread(f"{what} needs its unit: '{token.text}'", hint, token.at) from None
        raise Misread(f"'{token.text}' is not a duration", "30s, 5m, 4h, 1h30m or 7d", token.at) from None


def _too_long(token: Token) -> Misread:
    return Misread(f"'{token.text}' is longer than Perch can count", "write a shorter time", token.at)


def _unknown_unit(token: Token, number: str, unit: str, at: int) -> Misread:
    if unit == "pp":
        return Misread("points (pp) only change a reference", f"write {number}%, or baseline + {number}pp", at)
    if unit.startswith("/"):
        return Misread(f"'{unit}' is not a rate", f"{number}/s, {number}/min or {number}/h", at)
    near = _WORDS.get(unit.lower()) or next(iter(difflib.get_close_matches(unit, _SPELLINGS, 1, 0.5)), None)
    hint = f"did you mean {number}{near}?" if near else "known: % ms s m h d w /s /min /h B KB MB GB KiB MiB GiB"
    return Misread(f"'{unit}' is not a unit", hint, at)
