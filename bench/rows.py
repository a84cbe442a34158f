"""One line of the report, and the report as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number. `value`, `beside` and the limits are in `unit` (s, or MB).

    `beside` is the bare side's number and `client` what it is; at most `most` (absolute) and `ratio` (value to
    beside) may be reached. `note` says what the number depends on.
    """

    what: str
    value: float
    unit: str = "s"
    beside: float | None = None
    client: str = ""
    most: float | None = None
    ratio: float | None = None
    note: str = ""

    @property
    def times(self) -> float | None:
        """How many times the bare side's number it is."""
        return self.value / self.beside if self.beside else None

    @property
    def met(self) -> bool | None:
        """Whether all stated targets are met; None where none is stated."""
        tests = [self.value < self.most] if self.most is not None else []
        if self.ratio is not None and self.times is not None:
            tests.append(self.times <= self.ratio)
        return all(tests) if tests else None

    @property
    def target(self) -> str:
        parts = [f"≤ {self.ratio:g} ×"] if self.ratio is not None else []
        if self.most is not None:
            parts.append(f"< {shown(self.most, self.unit)}")
        return ", ".join(parts)


HEADER = ("what", "measured", "beside", "ratio", "target", "met")


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned columns."""
    cells = [HEADER, *map(_cells, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    beside = f"{shown(row.beside, row.unit)} ({row.client})" if row.beside is not None else ""
    met = {True: "yes", False: "NO", None: ""}[row.met]
    times = f"{row.times:.2f} ×" if row.times else ""
    what = f"{row.what} ({row.note})" if row.note else row.what
    return what, shown(row.value, row.unit), beside, times, row.target, met


def shown(value: float, unit: str) -> str:
    """A number with its unit; times below a second as milliseconds."""
    if unit == "s":
        return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"
    return f"{value:.0f} {unit}"


def p99(samples: Sequence[float]) -> float:
    """The smallest sample that 99 % of all don't exceed."""
    return sorted(samples)[ceil(0.99 * len(samples)) - 1]
