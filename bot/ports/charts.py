"""Pictures of numbers over time: what is to be drawn, worded already, and who draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Mark(StrEnum):
    """What a level in a panel means; each is drawn in a way of its own, never by colour alone."""

    LIMIT = "limit"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line with its name."""

    mark: Mark
    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric. `across` and `up` are equally long; None is a gap, where there was no data."""

    title: str
    unit: str
    across: Sequence[float]
    up: Sequence[float | None]
    levels: Sequence[Level] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Panels over the same time; `changes` are moments with a name, marked in all of them."""

    title: str
    time: str
    """What a step along the time axis is."""
    panels: Sequence[Panel]
    changes: Sequence[tuple[float, str]] = ()


class Charts(Protocol):
    """Draws. Raises OutOfReach when it can't, or not in time."""

    async def draw(self, chart: Chart) -> bytes:
        """A PNG that can be read on light and on dark backgrounds."""
        ...
