"""How the scalars of a plan are read: durations, weights, units, numbers, conditions, windows.

Strings are first cut down to the environment that the plan is read for (the validation context's `environment`).
Mistakes are pydantic errors of type `misread`, whose context carries `hint` and, where known, the character `offset`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from bot.domain.conditions import Condition
from bot.domain.errors import NotAWeight
from bot.domain.language.grammar import parse
from bot.domain.language.levels import Level, read_level
from bot.domain.language.misread import Misread
from bot.domain.planning.environments import only_for
from bot.domain.units import Unit, Weight, parse_duration
from bot.domain.windows import parse_window

_SHARE = re.compile(r"\d{1,3}(\.\d+)?\s*%")
_UNITS = {"%": "percent", "pct": "percent", "s": "seconds", "sec": "seconds", "ms": "milliseconds", "/s": "per_second"}
_UNITS |= {"/min": "per_minute", "/h": "per_hour", "b": "bytes", "number": "count", "rate": "per_second"}


def misread(what: str, hint: str = "", offset: int | None = None) -> PydanticCustomError:
    """A mistake in the form that pydantic collects."""
    return PydanticCustomError("misread", "{what}", {"what": what, "hint": hint, "offset": offset})


def environment_of(info: ValidationInfo) -> str:
    """The environment that the plan is being read for; "" where values can't differ by environment."""
    return str((info.context or {}).get("environment", ""))


def _texts(read: Callable[[str], Any], otherwise: Callable[[Any], PydanticCustomError | None]) -> BeforeValidator:
    """Strings go through `read`; what `otherwise` objects to is a mistake; the rest passes as it is."""

    def coerce(value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            objection = otherwise(value)
            if objection:
                raise objection
            return value
        try:
            return read(only_for(value, environment_of(info)))
        except Misread as mistake:
            raise misread(mistake.what, mistake.hint, mistake.offset) from None

    return BeforeValidator(coerce)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except (ValueError, OverflowError):
        shown = " ".join(text.split())
        if re.fullmatch(r"\d+(\.\d+)?", shown):
            raise Misread(f"{shown} has no unit", f"{shown}s, {shown}m or {shown}h") from None
        raise Misread(f"'{shown}' is not a duration", "write it as 30s, 5m, 4h, 1h30m or 7d") from None


def _no_duration(value: Any) -> PydanticCustomError | None:
    if isinstance(value, timedelta):
        return None
    if _is_number(value):
        return misread(f"{value} has no unit", f"{value}s, {value}m or {value}h")
    return misread(f"a duration is expected, not {shape_of(value)}", "write it as 30s, 5m, 4h, 1h30m or 7d")


def _weight(text: str) -> Weight:
    try:
        return Weight.parse(text)
    except NotAWeight as refused:
        bare = re.fullmatch(r"\s*(\d+(\.\d+)?)\s*", text)
        hint = f"write {bare[1]}%" if bare and float(bare[1]) <= 100 else refused.next_step
        raise Misread(str(refused), hint) from None


def _no_weight(value: Any) -> PydanticCustomError | None:
    if isinstance(value, Weight):
        return None
    if _is_number(value):
        return misread(f"{value} has no unit: a weight is a percentage", f"write {value}%")
    return misread(f"a weight is expected, not {shape_of(value)}", "write a percentage from 0% to 100%, for example 5%")


def _unit(text: str) -> str:
    meant = _UNITS.get(text.strip().lower())
    if meant is None:
        return text.strip()
    raise Misread(f"'{text}' is not how a metric's unit is spelled", f"write {meant}")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Misread(f"'{text.strip()}' is not a plain number", "write it without a unit, as: 100") from None


def _share(text: str) -> str:
    if _SHARE.fullmatch(text.strip()) is None or float(text.strip().rstrip("% ")) > 100:
        raise Misread(f"'{text.strip()}' is not a share", "write a percentage, as: 99.9%")
    return "".join(text.split())


def _no_level(value: Any) -> PydanticCustomError | None:
    if isinstance(value, Level):
        return None
    if _is_number(value):
        return misread(f"{value} has no unit: a level is a share, or a limit in the metric's unit", f"write {value}%")
    return misread(f"a level is expected, not {shape_of(value)}", "as: 99.9%, or <= 1500ms")


def _no_share(value: Any) -> PydanticCustomError | None:
    return misread(f"{value} has no unit: a level is a percentage", f"write {value}%")


def _no_condition(value: Any) -> PydanticCustomError | None:
    if isinstance(value, Condition):
        return None
    return misread(f"a condition is expected, not {shape_of(value)}", 'write it in quotes, as: "latency < 5s"')


def _window(text: str) -> str:
    parse_window(text)
    return " ".join(text.split())


def _no_window(value: Any) -> PydanticCustomError | None:
    return misread(f"a window is expected, not {shape_of(value)}", 'as: "Mon-Fri 08:00-18:00"')


def shape_of(value: Any) -> str:
    """What a YAML value is, in words for people."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"the truth value {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return f"'{value}'"


def _accept(value: Any) -> None:
    return None


def _schema(description: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, **more})


Duration = Annotated[timedelta, _texts(_duration, _no_duration), _schema("30s, 5m, 4h, 1h30m or 7d")]
WeightField = Annotated[InstanceOf[Weight], _texts(_weight, _no_weight), _schema("a share of traffic: 1%, 12.5%")]
UnitField = Annotated[Unit, _texts(_unit, _accept)]
NumberField = Annotated[float, _texts(_number, _accept)]
ShareText = Annotated[str, _texts(_share, _no_share), _schema("a percentage: 99.9%")]
LevelField = Annotated[
    InstanceOf[Level], _texts(read_level, _no_level), _schema("at least a share: 99.9%; or a limit: <= 1500ms, < 1%")
]
WindowText = Annotated[str, _texts(_window, _no_window), _schema("days and hours: Mon-Fri 08:00-18:00")]
ConditionField = Annotated[
    InstanceOf[Condition], _texts(parse, _no_condition), _schema("METRIC < VALUE, PROBE down, …: see docs/plans.md")
]
