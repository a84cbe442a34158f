"""The looks that a record holds: every check whose lines were kept, in order, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.evidence import Record
from bot.domain.verdicts import Check, Line

KINDS = frozenset({"verdict_changed", "snapshot", "checkpoint", "promoted"})


@dataclass(frozen=True, slots=True)
class Looked:
    """One check as the record has it. `number` is its record's, 0 for the last check, which the rollout kept."""

    number: int
    at: datetime
    stage: int
    lines: tuple[Line, ...]


def looks_on_record(records: Iterable[Record], last: Check | None = None) -> list[Looked]:
    """Oldest first. A check that several records speak of counts once; `last` is the newest, recorded or not."""
    found: dict[tuple[datetime, int], Looked] = {}
    for record in records:
        if record.kind in KINDS and (look := _look(record)) is not None:
            found.setdefault((look.at, look.stage), look)
    if last is not None and last.lines:
        found.setdefault((last.at, last.stage), Looked(0, last.at, last.stage, last.lines))
    return sorted(found.values(), key=lambda look: look.at)


def moment(text: Any) -> datetime | None:
    """A time as records spell it, in UTC; None for what isn't one."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _look(record: Record) -> Looked | None:
    """The check that a record holds. A changed verdict of an older Perch says its stage only by where it led."""
    told: Mapping[str, Any] = record.body.get("check") or record.body
    at = moment(told.get("checked_at") or told.get("at")) or moment(record.at)
    stage = told.get("stage", (record.body.get("at") or {}).get("stage", 0))
    lines: Sequence[Any] = told.get("lines") or ()
    if at is None or not lines or not isinstance(stage, int):
        return None
    return Looked(record.number, at, stage, tuple(Line.model_validate(line) for line in lines))
