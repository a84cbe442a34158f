"""Where numbers come from: questions, answers, and the Source that gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

from bot.domain.measurements import NoData

NamedValue = str | float | datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What a source is asked. Equal questions to one source are asked once per tick.

    `ask` is the metric's part, validated by the kind's `ask` model (a frozen pydantic model); a source gets it, and
    `side`, with `${NAME}` filled in; `side` is the label text that fills `$side` in queries; `values` are those of the
    rollout's that the kind's `names` asked for.
    """

    ask: BaseModel
    side: str = ""
    values: tuple[tuple[str, NamedValue], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One series' value at a time, as the source gives it: NaN stays NaN. `labels` names the series for people."""

    value: float
    at: datetime
    labels: str = ""


Answer = tuple[Sample, ...] | NoData
"""All series of an instant answer (none is `()`), or why there was no answer."""


class Source(Protocol):
    """Where numbers come from. One object per entry of `sources:`; used by many questions at once."""

    async def ask(self, question: Question, at: datetime) -> Answer:
        """Answer as of `at`, which lies in the past only as far as the kind's `reach` goes.

        Never raises OutsideFault: a far side that fails is NoData with the reason.
        """
        ...

    async def history(self, question: Question, start: datetime, end: datetime) -> Answer:
        """All samples of the one series between two times, oldest first, for baselines; NoData where it can't."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
