"""A source's answer, taken apart."""

from __future__ import annotations

from bot.domain.measurements import Missing, NoData
from bot.ports import Answer


def values(answer: Answer) -> dict[str, float]:
    """Each series' value by its labels."""
    assert not isinstance(answer, NoData), answer
    return {sample.labels: sample.value for sample in answer}


def why(answer: Answer) -> tuple[Missing, str]:
    """Why there is none, and what is said of it."""
    assert isinstance(answer, NoData), answer
    return answer.missing, answer.detail


def missing(answer: Answer) -> Missing | None:
    """Why there is none; None where there is one."""
    return answer.missing if isinstance(answer, NoData) else None
