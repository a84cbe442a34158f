"""What teams hand in besides the decision: dashboards, alerts, the load burst, and the snapshot of each checkpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.domain.evidence import Record
from bot.domain.planning.artifacts import SNAPSHOT
from bot.domain.record.tables import at, columns, one_line
from bot.domain.units import parse_duration

_MINUTE = timedelta(minutes=1)


def dashboards_text(found: Sequence[Mapping[str, Any]], record: Record, source: str) -> str:
    """Ids and addresses."""
    rows = [(_told(each, "id"), _told(each, "title") or "-", _told(each, "url") or "-") for each in found]
    head = ["CANARY DASHBOARDS", f"As of {at(record.at)}, from {source} (record {record.number})", ""]
    return "\n".join([*head, *columns(("ID", "TITLE", "ADDRESS"), rows, "")]) + "\n"


def alerts_text(found: Sequence[Mapping[str, Any]], record: Record, source: str) -> str:
    """Ids and rules."""
    rows = [(_told(each, "id"), _told(each, "rule"), _told(each, "url") or "-") for each in found]
    head = ["CANARY ALERTS", f"As of {at(record.at)}, from {source} (record {record.number})", ""]
    return "\n".join([*head, *columns(("ID", "RULE", "ADDRESS"), rows, "")]) + "\n"


def _told(each: Mapping[str, Any], key: str) -> str:
    return one_line(each.get(key) or "", 1000)


def load_text(record: Record) -> str:
    """The burst's own transcript below what came of it; what a record doesn't say is said to be unknown."""
    body = record.body
    transcript = body.get("transcript") or ()
    lines = transcript.splitlines() if isinstance(transcript, str) else [str(line) for line in transcript]
    requests, ok = body.get("requests"), body.get("ok")
    known = isinstance(requests, int | float) and isinstance(ok, int | float) and requests
    rate = f"{100 * float(ok) / float(requests):.2f}%" if known and ok is not None and requests else "unknown"
    return (
        "\n".join(
            [
                f"# canary load burst, {at(record.at)} (record {record.number})",
                f"# requests: {_or_unknown(requests)}, users: {_or_unknown(body.get('users'))}, ok: {_or_unknown(ok)}",
                f"# success rate: {rate}, mean latency: {_or_unknown(body.get('mean_ms'))} ms",
                *(one_line(line, 2000) for line in lines or ("# no transcript is on record",)),
            ]
        )
        + "\n"
    )


def _or_unknown(value: Any) -> str:
    return "unknown" if value is None else one_line(value, 40)


def snapshot_name(checkpoint: str) -> tuple[str, str]:
    """(`snapshot_15m`, `CANARY_SNAPSHOT_T15`) of `T+15m`; whole minutes are told as teams tell them: T+1h is T60."""
    spelled = re.sub(r"[^0-9a-z.]", "", checkpoint.removeprefix("T+").lower())
    try:
        after = parse_duration(spelled)
    except (ValueError, OverflowError):
        return f"{SNAPSHOT}{spelled}", f"CANARY_SNAPSHOT_T{spelled}"
    minutes = str(after // _MINUTE) if after and not after % _MINUTE else spelled
    return f"{SNAPSHOT}{spelled}", f"CANARY_SNAPSHOT_T{minutes}"


def snapshot_json(record: Record) -> str:
    """Every metric and condition at a checkpoint (E3)."""
    check: Mapping[str, Any] = record.body.get("check") or {}
    lines = [line for line in check.get("lines") or () if isinstance(line, Mapping)]
    told = {
        "checkpoint": record.body.get("name"),
        "rollout": record.chain,
        "record": record.number,
        "hash": record.hash,
        "recorded_at": record.at,
        "checked_at": check.get("at"),
        "stage": check.get("stage"),
        "weight": (record.body.get("at") or {}).get("weight"),
        "verdict": check.get("verdict"),
        "metrics": {str(line["metric"]): _value(line) for line in lines if line.get("metric")},
        "conditions": [_condition(line) for line in lines],
    }
    return json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _value(line: Mapping[str, Any]) -> dict[str, Any]:
    missing = {"no_data": line.get("detail") or "no data"} if line.get("value") is None else {}
    return {"value": line.get("value"), "unit": line.get("unit"), **missing}


def _condition(line: Mapping[str, Any]) -> dict[str, Any]:
    bad = line.get("met") is (line.get("role") == "trigger")
    result = "NO DATA" if line.get("met") is None else "FAIL" if bad else "PASS"
    counts = result if line.get("counts", True) else "NOT JUDGED YET"
    kept = {key: line.get(key) for key in ("condition", "role", "metric", "value", "unit", "threshold", "detail")}
    return {**kept, "result": counts}
