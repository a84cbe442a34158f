"""The artifacts that teams hand in after a canary, under their names, from the chain and the frozen plan (E5).

CANARY_LB_DIFF, CANARY_DASHBOARDS, CANARY_ALERTS, canary_load_burst, CANARY_SNAPSHOT_T15 and so on, and the final
decision with the promotion's or the rollback's log. Derived, never kept: the same chain gives the same bytes, so
whoever verifies a bundle makes them anew and compares. A change to any of their texts is a new number of RULES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.evidence import Record, canonical
from bot.domain.record import lb_diff
from bot.domain.record.decision import KIND, FinalDecision
from bot.domain.record.decision_text import decision_text
from bot.domain.record.ending_log import ending_log
from bot.domain.record.handed_in import alerts_text, dashboards_text, load_text, snapshot_json, snapshot_name
from bot.domain.record.looks_on_record import moment
from bot.domain.record.tables import stamp
from bot.domain.signatures import Seal

RULES = 1
"""Which rules these texts were made by; a bundle says it, and an older Perch's are not made anew."""
FOLDER = "artifacts/"
INDEX = "index.json"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file. `kind` is the name that a plan asks for it by, `record` the one that it is made from."""

    kind: str
    file: str
    at: datetime
    record: int
    text: str


def artifacts(plan: Mapping[str, Any], records: Sequence[Record], seals: Mapping[int, Seal]) -> tuple[Artifact, ...]:
    """All that the record gives, in their time order; no two under one name. `plan` is the frozen plan's tree."""
    found = sorted(_all(plan, records, seals), key=lambda each: (each.at, each.record))
    taken: dict[str, int] = {}
    return tuple(_alone(each, taken) for each in found)


def files(plan: Mapping[str, Any], records: Sequence[Record], seals: Mapping[int, Seal]) -> dict[str, str]:
    """The same as files by name, with an index of them in their time order."""
    made = artifacts(plan, records, seals)
    index = [{"kind": each.kind, "file": each.file, "at": each.at.isoformat(), "record": each.record} for each in made]
    texts = {f"{FOLDER}{each.file}": each.text for each in made}
    return {**texts, f"{FOLDER}{INDEX}": canonical({"artifacts": index, "rules": RULES}) + "\n"}


def _alone(artifact: Artifact, taken: dict[str, int]) -> Artifact:
    """Two in the same second: the later one has its number behind its name."""
    taken[artifact.file] = taken.get(artifact.file, 0) + 1
    if taken[artifact.file] == 1:
        return artifact
    name, _, ending = artifact.file.rpartition(".")
    numbered = f"{name}_{taken[artifact.file]}.{ending}"
    return Artifact(artifact.kind, numbered, artifact.at, artifact.record, artifact.text)


def _all(plan: Mapping[str, Any], records: Sequence[Record], seals: Mapping[int, Seal]) -> Iterator[Artifact]:
    yield from _readable(_declared, plan, records)
    for record in records:
        yield from _readable(_one, record)
        yield from _readable(_change, record, records)
    yield from _readable(_decisions, records, seals)


def _readable(make: Callable[..., Iterable[Artifact]], *given: Any) -> Sequence[Artifact]:
    """Nothing of a record that holds what Perch never writes: to name that is the verifier's."""
    try:
        return list(make(*given))
    except (ValueError, TypeError, AttributeError, KeyError):
        return ()


def _declared(plan: Mapping[str, Any], records: Sequence[Record]) -> Iterator[Artifact]:
    """What the plan itself names is on record since the start."""
    started = next((record for record in records if record.kind == "started"), None)
    at = moment(started.at) if started else None
    if started is None or at is None:
        return
    if boards := plan.get("dashboards"):
        text = dashboards_text(boards, started, "the frozen plan")
        yield Artifact("dashboards", f"CANARY_DASHBOARDS_{stamp(at)}.txt", at, started.number, text)
    if rules := plan.get("alerts"):
        text = alerts_text(rules, started, "the frozen plan")
        yield Artifact("alerts", f"CANARY_ALERTS_{stamp(at)}.txt", at, started.number, text)


def _change(record: Record, records: Sequence[Record]) -> Iterator[Artifact]:
    if (change := lb_diff.change(record, records)) is not None:
        file = f"CANARY_LB_DIFF_{stamp(change.at)}.txt"
        yield Artifact("lb_diff", file, change.at, record.number, lb_diff.text(change))


def _one(record: Record) -> Iterator[Artifact]:
    """What one record makes by itself."""
    at = moment(record.at) or _LONG_AGO
    when = stamp(at)
    match record.kind:
        case "dashboards":
            text = dashboards_text(record.body.get("dashboards") or (), record, "this record")
            yield Artifact("dashboards", f"CANARY_DASHBOARDS_{when}.txt", at, record.number, text)
        case "alerts":
            text = alerts_text(record.body.get("alerts") or (), record, "this record")
            yield Artifact("alerts", f"CANARY_ALERTS_{when}.txt", at, record.number, text)
        case "load":
            yield Artifact("load_burst", f"canary_load_burst_{when}.log", at, record.number, load_text(record))
        case "checkpoint":
            kind, name = snapshot_name(str(record.body.get("name")))
            yield Artifact(kind, f"{name}_{when}.json", at, record.number, snapshot_json(record))


def _decisions(records: Sequence[Record], seals: Mapping[int, Seal]) -> Iterator[Artifact]:
    """The last one is final; one that a later kill took the place of keeps its time in its name."""
    made = [record for record in records if record.kind == KIND]
    for record in made:
        decision, at = FinalDecision.model_validate(record.body), moment(record.at) or _LONG_AGO
        text = decision_text(decision, record, seals.get(record.number))
        if record is not made[-1]:
            yield Artifact("decision", f"CANARY_DECISION_SUPERSEDED_{stamp(at)}.txt", at, record.number, text)
            continue
        yield Artifact("decision", "CANARY_DECISION_FINAL.txt", at, record.number, text)
        if (log := ending_log(decision, record, records)) is not None:
            yield Artifact(log.kind, log.file, at, record.number, log.text)
