"""Every change of traffic with what stood before and after, and when it was applied (E2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.evidence import Record
from bot.domain.record.looks_on_record import moment
from bot.domain.record.tables import at as when
from bot.domain.record.tables import columns, one_line, weight

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_ON_THE_WAY = frozenset({"kill_outcome", "kill_partly", "kill_tier"})


@dataclass(frozen=True, slots=True)
class Target:
    """One traffic target, as it said so itself before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One change. `how` is who or what made it: Perch's own raise or lowering, a kill, or somebody else."""

    record: int
    at: datetime
    how: str
    why: str
    before: float | None
    after: float
    confirmed_at: datetime | None = None
    targets: tuple[Target, ...] = ()


def change(record: Record, records: Sequence[Record]) -> Moved | None:
    """The change of traffic that a record is the outcome of, and what else the chain says about it; None for others."""
    body = record.body
    match record.kind:
        case "applied":
            return _applied(record, _intent(str(body.get("intent")), records), _standing(record, records))
        case "killed":
            return _killed(record, _standing(record, records))
        case "drift":
            return _by_others(record, body.get("recorded"), body.get("real"), "somebody else (drift)")
        case "observed_weight":
            return _by_others(record, body.get("before"), body.get("weight"), "somebody else (observed)")
        case "late_raise":
            return _by_others(record, body.get("landed"), body.get("real"), "Perch, undoing a raise that landed late")
        case _:
            return None


def _standing(record: Record, records: Sequence[Record]) -> float | None:
    """The weight that was in force before a record, as the records before it say where they stood."""
    for each in reversed(records):
        stood = (each.body.get("at") or {}).get("weight") if each.number < record.number else None
        if isinstance(stood, int | float) and each.kind not in _ON_THE_WAY:
            return float(stood)
    return None


def text(change: Moved) -> str:
    """As a file: before, after, and when."""
    rows = [(one_line(each.name, 80), one_line(each.before, 120), one_line(each.after, 120)) for each in change.targets]
    before = weight(change.before) if change.before is not None else "not on record"
    lines = [
        "CANARY LOAD BALANCER DIFF",
        f"Change      {before} -> {weight(change.after)} on the canary",
        f"Stable      {weight(100 - change.before) if change.before is not None else 'not on record'} -> "
        f"{weight(100 - change.after)}",
        f"Applied     {when(change.at)}",
        f"Read back   {when(change.confirmed_at)}",
        f"Made by     {one_line(change.how)}",
        f"Reason      {one_line(change.why) or '-'}",
        f"Record      {change.record}",
        "",
        "TARGETS (as each said so itself)",
        *columns(("TARGET", "BEFORE", "AFTER"), rows),
    ]
    return "\n".join(lines) + "\n"


def _intent(id: str, records: Sequence[Record]) -> Mapping[str, Any]:
    """What was on record before the change was made."""
    return next((each.body for each in records if each.kind == "intended" and each.body.get("id") == id), {})


def _applied(record: Record, intent: Mapping[str, Any], standing: float | None) -> Moved:
    """An older Perch didn't repeat in the outcome what the intent said already."""
    body = record.body
    before, after = (list(body.get(key) or ()) for key in ("before", "after"))
    names = list(body.get("targets") or (f"target {place + 1}" for place in range(max(len(before), len(after)))))
    applied, was = moment(body.get("applied_at")) or moment(record.at), body.get("from", intent.get("before", standing))
    return Moved(
        record=record.number,
        at=applied or _NEVER,
        how="Perch" + (f", asked by {intent['by']}" if intent.get("by") else ""),
        why=str(body.get("reason") or intent.get("reason") or ""),
        before=float(was) if was is not None else None,
        after=float(body.get("weight") or 0),
        confirmed_at=moment(body.get("confirmed_at") or record.at),
        targets=tuple(Target(str(name), _said(before, place), _said(after, place)) for place, name in enumerate(names)),
    )


def _said(texts: Sequence[Any], place: int) -> str:
    return str(texts[place]) if place < len(texts) else "not on record"


def _killed(record: Record, standing: float | None) -> Moved:
    """All methods and targets of a kill, each with what it read back."""
    found = [each for each in record.body.get("outcomes") or () if isinstance(each, Mapping)]
    applied = [at for each in found if (at := moment(each.get("applied_at"))) is not None]
    read = [at for each in found if (at := moment(each.get("read_back_at"))) is not None]
    return Moved(
        record=record.number,
        at=max(applied, default=moment(record.at) or _NEVER),
        how=f"kill switch, pulled by {record.body.get('by')}",
        why=str(record.body.get("reason") or ""),
        before=standing,
        after=0.0,
        confirmed_at=max(read, default=None),
        targets=tuple(_method(each, standing) for each in found),
    )


def _method(outcome: Mapping[str, Any], standing: float | None) -> Target:
    read = outcome.get("read_back_at")
    after = str(outcome.get("shown") or "engaged") if read else f"NOT READ BACK: {outcome.get('fault') or 'no answer'}"
    before = weight(standing) if standing is not None and not outcome.get("tier") else "-"
    return Target(str(outcome.get("name")), before, f"{after}, {when(read)}" if read else after)


def _by_others(record: Record, before: Any, after: Any, how: str) -> Moved | None:
    at = moment(record.at)
    if at is None or not isinstance(after, int | float):
        return None
    was = float(before) if isinstance(before, int | float) else None
    return Moved(record.number, at, how, str(record.body.get("did") or ""), was, float(after))
