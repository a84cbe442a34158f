"""What a report consists of: sections of lines, tables, bars and figures. Plain text: who renders it escapes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Tone = Literal["", "good", "warn", "bad", "mute"]
"""What a colour may say besides; the words always say it too."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text; `code` for what is typed or stands in a plan."""

    text: str
    tone: Tone = ""
    code: bool = False


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a head; `aside` is what is to be known about all of them; the first `times` columns are moments."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    aside: str = ""
    times: int = 0


@dataclass(frozen=True, slots=True)
class Lines:
    """A list, one thing a line."""

    items: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """One paragraph."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a bar: its name, how long that was in words, and how much of the whole (0 to 1)."""

    kind: str
    name: str
    length: str
    part: float

    @property
    def percent(self) -> str:
        return f"{self.part:.0%}" if self.part >= 0.005 or not self.part else "< 1%"


@dataclass(frozen=True, slots=True)
class Bar:
    """Shares that are a whole together."""

    shares: tuple[Share, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A horizontal line over a part of the time. `role` is hard, soft, trigger or baseline; `bad` its bad side."""

    role: str
    value: float
    label: str
    begin: datetime
    end: datetime
    bad: Literal["above", "below", ""] = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A time marked over the whole height: a gap in the data, or what the rollout was doing."""

    kind: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment with a name, such as a weight that was reached."""

    at: datetime
    label: str


Run = Sequence[tuple[datetime, float]]
"""Values without a gap between them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line over the time of the rollout. `steps`: a value stays until the next one, as a weight does."""

    title: str
    unit: str
    caption: str
    alt: str
    begin: datetime
    end: datetime
    runs: tuple[Run, ...]
    limits: tuple[Limit, ...] = ()
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    steps: bool = False
    spark: str = ""
    """The same for where nothing is drawn."""


Piece = Table | Lines | Prose | Bar | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is below it."""

    title: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole story. `badge` is the outcome in a word; `seal` says how far the record can be trusted, loudly."""

    title: str
    badge: Cell
    seal: Cell
    summary: str
    advice: tuple[Cell, ...]
    facts: tuple[tuple[str, Cell], ...]
    sections: tuple[Section, ...]
    written: str
    """When, of what and by whom it was written: the last line."""
    language: str = "en"
