"""Units that a number may have, and `Weight`; the one place that reads "1%".

1 % and 0.01 look alike in an incident, so no bare number crosses a border: a threshold without its unit is an
error that shows the fix, and a conversion between dimensions raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import total_ordering

from bot.domain.errors import NotAWeight, UnitMismatch


class Dimension(StrEnum):
    """What kind of thing a number counts; units convert only inside one dimension."""

    SHARE = "share"
    TIME = "time"
    COUNT = "count"
    RATE = "rate"
    SIZE = "size"
    MOMENT = "moment"


class Unit(StrEnum):
    """A metric's unit, as plans spell it."""

    PERCENT = "percent"
    RATIO = "ratio"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    COUNT = "count"
    PER_SECOND = "per_second"
    PER_MINUTE = "per_minute"
    PER_HOUR = "per_hour"
    BYTES = "bytes"
    TIMESTAMP = "timestamp"
    """A time, in seconds since 1970: nothing is compared with it but its age."""

    @property
    def dimension(self) -> Dimension:
        return _SCALE[self][0]

    @property
    def scale(self) -> float:
        """How many of the dimension's first unit one of this unit is."""
        return _SCALE[self][1]


_SCALE: dict[Unit, tuple[Dimension, float]] = {
    Unit.PERCENT: (Dimension.SHARE, 1.0),
    Unit.RATIO: (Dimension.SHARE, 100.0),
    Unit.SECONDS: (Dimension.TIME, 1.0),
    Unit.MILLISECONDS: (Dimension.TIME, 0.001),
    Unit.COUNT: (Dimension.COUNT, 1.0),
    Unit.PER_SECOND: (Dimension.RATE, 1.0),
    Unit.PER_MINUTE: (Dimension.RATE, 1 / 60),
    Unit.PER_HOUR: (Dimension.RATE, 1 / 3600),
    Unit.BYTES: (Dimension.SIZE, 1.0),
    Unit.TIMESTAMP: (Dimension.MOMENT, 1.0),
}


def convert(value: float, unit: Unit, to: Unit) -> float:
    """Return `value`, given in `unit`, in the unit `to`.

    Raises UnitMismatch when the two belong to different dimensions.
    """
    if unit is to:
        return value
    if unit.dimension is not to.dimension:
        raise UnitMismatch(given=unit.value, wanted=to.value)
    return value * unit.scale / to.scale


_WEIGHT = re.compile(r"\s*(\d{1,3}(?:\.\d{1,2})?)\s*%\s*")


@total_ordering
@dataclass(frozen=True, slots=True)
class Weight:
    """Percent of traffic on the canary, 0 to 100, at most two decimals."""

    percent: float

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise NotAWeight(given=f"{self.percent}")
        object.__setattr__(self, "percent", round(float(self.percent), 2))

    @classmethod
    def parse(cls, text: str) -> Weight:
        """Read "1%" or "12.5 %"; raises NotAWeight for all else, a bare number included."""
        found = _WEIGHT.fullmatch(text)
        if found is None or float(found[1]) > 100:
            raise NotAWeight(given=text)
        return cls(float(found[1]))

    def __lt__(self, other: Weight) -> bool:
        return self.percent < other.percent

    def __str__(self) -> str:
        return f"{self.percent:g}%"


ZERO = Weight(0)

_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_duration(text: str) -> timedelta:
    """Read "90s", "1h30m", "7d". Raises ValueError with a sentence that shows the form."""
    compact = text.replace(" ", "")
    parts = _DURATION_PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(f"'{text}' is not a duration; write it as 30s, 5m, 4h, 1h30m or 7d")
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))


def spell_duration(span: timedelta) -> str:
    """Write a duration the way plans spell it: "1h30m", "45s", "200ms"; at most two parts."""
    seconds = span.total_seconds()
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    rest, parts = round(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"
