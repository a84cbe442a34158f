"""CANARY_PROMOTION_FINAL.txt and CANARY_ROLLBACK_FINAL.txt: how the traffic came to where it is now, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.evidence import Record
from bot.domain.record.decision import FinalDecision
from bot.domain.record.tables import at, one_line, weight

_UP = frozenset({"started", "adopted", "stage_confirmed", "promoted", "overruled_artifacts", "completed"})
_DOWN = frozenset(
    {"rolling_back", "intended", "applied", "stuck", "rolled_back", "late_raise"}
    | {"killing", "kill_tier", "kill_outcome", "kill_partly", "killed", "verified"}
)
_TOLD = ("reason", "why", "fault", "name", "what", "not_measured")


@dataclass(frozen=True, slots=True)
class Log:
    """A log with the name that it is kept under."""

    kind: str
    file: str
    text: str


def ending_log(decision: FinalDecision, record: Record, records: Sequence[Record]) -> Log | None:
    """The log of the end that stands; None where no traffic moved by Perch."""
    if decision.decision == "PROMOTE":
        head = f"CANARY PASSED - PROMOTED TO {weight(decision.weight)} TRAFFIC"
        return Log("promotion", "CANARY_PROMOTION_FINAL.txt", _text(head, decision, records, _UP, 0))
    if decision.decision in ("ROLLBACK", "KILL"):
        word = "ROLLED BACK" if decision.decision == "ROLLBACK" else "KILLED"
        head = f"CANARY FAILED - {word} TO {weight(decision.weight)} TRAFFIC"
        return Log("rollback", "CANARY_ROLLBACK_FINAL.txt", _text(head, decision, records, _DOWN, decision.rule.record))
    return None


def _text(head: str, decision: FinalDecision, records: Sequence[Record], kinds: frozenset[str], since: int) -> str:
    lines = [
        head,
        f"Rollout  {decision.rollout}, version {one_line(decision.version) or 'not named'}",
        f"Reason   {one_line(decision.rule.reason) or '-'}",
        f"By       {one_line(decision.rule.by)}",
        "",
        *(_line(each) for each in records if each.kind in kinds and each.number >= since),
    ]
    return "\n".join(lines) + "\n"


def _line(record: Record) -> str:
    body = record.body
    weights = [body[key] for key in ("from", "before", "weight", "to") if isinstance(body.get(key), int | float)]
    moved = " -> ".join(weight(each) for each in dict.fromkeys(weights))
    words = [str(body[key]) for key in _TOLD if isinstance(body.get(key), str) and body[key]]
    about = "  ".join(filter(None, (moved, one_line("; ".join(words), 200))))
    return f"{at(record.at)}  {record.kind:<20} {about}  (by {one_line(record.actor)}, record {record.number})"
