"""PromQL's own spelling: texts, numbers and durations.

https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta


def quoted(text: str) -> str:
    """A string literal."""
    return json.dumps(text, ensure_ascii=False)


def selector(name: str, labels: Mapping[str, str]) -> str:
    """`name{label="value"}`."""
    return name + "{" + ",".join(f"{label}={quoted(value)}" for label, value in labels.items()) + "}"


def number(value: float) -> str:
    """A number literal, exact to twelve digits."""
    return f"{value:.12g}"


_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


def span(length: timedelta) -> str:
    """A duration of at least a millisecond, in the largest unit that says it exactly."""
    milliseconds = max(1, round(length.total_seconds() * 1000))
    return next(f"{milliseconds // size}{unit}" for unit, size in _UNITS if milliseconds % size == 0)


def wrapped(query: str) -> str:
    """A query in brackets; one that may end in a comment needs a line of its own for the closing one."""
    return f"(\n{query}\n)" if "#" in query or "\n" in query else f"({query})"


def in_seconds(span: float) -> str:
    """Seconds to the millisecond, never in powers of ten: durations can't be read so."""
    return f"{span:.3f}".rstrip("0").rstrip(".")
