"""Plain text for files that people read in any editor: columns, numbers with their unit, times in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

_UNITS = {
    "percent": "%",
    "seconds": " s",
    "milliseconds": " ms",
    "per_second": "/s",
    "per_minute": "/min",
    "per_hour": "/h",
    "bytes": " B",
}
NONE = "-"


def number(value: float | None, unit: str = "") -> str:
    """`99.95%`, `1.2 s`; `-` for none."""
    if value is None:
        return NONE
    whole = isinstance(value, int) or (value == int(value) and abs(value) < 1e15) if value == value else False
    return (f"{int(value)}" if whole else f"{value:.6g}") + _UNITS.get(unit, "")


def weight(percent: float) -> str:
    return f"{percent:g}%"


def at(moment: datetime | str | None) -> str:
    """`2025-10-19 10:15:00Z`; what can't be read as a time stands as it is."""
    if moment is None or moment == "":
        return NONE
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return one_line(moment)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def stamp(moment: datetime) -> str:
    """`20251019T101500Z`, for names of files."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def one_line(text: object, limit: int = 400) -> str:
    """Anybody's words in one line, without control characters."""
    shown = "".join(each if each.isprintable() else " " for each in str(text))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """A table with aligned columns; nothing where there are no rows."""
    if not rows:
        return [f"{indent}none"]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [(indent + "  ".join(map(str.ljust, row, widths))).rstrip() for row in (head, *rows)]


def pairs(rows: Sequence[tuple[str, str]]) -> list[str]:
    """`Version      2.4.1`, the second column aligned."""
    width = max((len(name) for name, _ in rows), default=0) + 2
    return [f"{name:<{width}}{value}".rstrip() for name, value in rows]
