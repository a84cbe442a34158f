"""What the record of a rollout says about its numbers: of each condition the worst and the middle value, and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bot.domain.evidence import Record
from bot.domain.rollout import Line, Role

LOW_IS_BAD = (">", ">=")


@dataclass
class Seen:
    """One condition as the record shows it, over all stages that had it."""

    condition: str
    role: Role
    unit: str = ""
    threshold: float | None = None
    values: list[float] = field(default_factory=list)
    met: int = 0
    unmet: int = 0
    unmeasured: int = 0

    @property
    def worst(self) -> float | None:
        """The value furthest on the bad side."""
        if not self.values:
            return None
        wants_high = any(f" {op} " in f" {self.condition} " for op in LOW_IS_BAD)
        low = wants_high if self.role != "trigger" else not wants_high
        return min(self.values) if low else max(self.values)

    @property
    def middle(self) -> float | None:
        return median(self.values) if self.values else None


def seen(records: Iterable[Record]) -> list[Seen]:
    """From snapshots, checkpoints and changed verdicts, in the order in which conditions first appear."""
    found: dict[tuple[str, Role], Seen] = {}
    for record in records:
        for line in judged(record):
            known = found.setdefault((line.condition, line.role), Seen(line.condition, line.role, line.unit))
            _take(known, line)
    return list(found.values())


def judged(record: Record) -> list[Line]:
    """The conditions that a record of a check tells; none for other records."""
    return _lines(record.body) if record.kind in ("snapshot", "checkpoint", "verdict_changed") else []


def _lines(body: Mapping[str, Any]) -> list[Line]:
    check = body.get("check") or body
    return [Line.model_validate(line) for line in check.get("lines") or ()]


def _take(known: Seen, line: Line) -> None:
    if line.threshold is not None:
        known.threshold = line.threshold
    if not line.counts:
        return
    if line.met is None:
        known.unmeasured += 1
    elif line.value is not None:
        known.values.append(line.value)
    if line.met is (line.role == "trigger"):
        known.unmet += 1
    elif line.met is not None:
        known.met += 1
