"""The bundle: one rollout's whole record in one file that anybody can verify without Perch's database.

A zip without compression, with fixed times and order: the same rollout is always the same bytes, on every machine,
and a bundle that was touched anywhere is not the bytes that its own content gives. `docs/bundle.md` has the format.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.errors import UnknownRollout
from bot.domain.evidence import Record, canonical
from bot.domain.measurements import Measured, Measurement
from bot.domain.record import artifacts
from bot.domain.signatures import Seal
from storage.database import Database
from storage.evidence import KeptHead, kept_head, read, rows_of, seals_of
from storage.measurements import measurements_of
from storage.tables import FrozenPlanRow, RolloutRow

KIND = "perch evidence bundle"
FORMAT = 3
"""The second one has SIGNATURES, the third one what is derived from the chain: DECISION, VERSIONS and artifacts."""
MANIFEST, RECORDS, SIGNATURES, HEAD, ROLLOUT, PLAN, MEASUREMENTS = (
    "manifest.json",
    "records.jsonl",
    "signatures.json",
    "head.json",
    "rollout.json",
    "plan.json",
    "measurements.jsonl",
)
DECISION, VERSIONS = "decision.json", "versions.json"
READING_S = 60.0
"""A rollout's archive may hold a million measurements."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


async def export(database: Database, rollout: str) -> bytes:
    """The bundle of one rollout, as of one moment. Raises UnknownRollout, and StoreAway for a record beyond reading.

    A chain that is broken but readable is exported as it is: the bundle then says the same as the database.
    """
    chosen = select(col(RolloutRow.body), col(FrozenPlanRow.tree)).join_from(RolloutRow, FrozenPlanRow)
    chosen = chosen.where(col(RolloutRow.id) == rollout)

    async def work(
        connection: AsyncConnection,
    ) -> tuple[Any, KeptHead, Sequence[Any], Sequence[tuple[str, Measurement]]]:
        row = (await connection.execute(chosen)).first()
        if row is None:
            raise UnknownRollout(rollout, "perch rollouts")
        kept, rows = await kept_head(connection, rollout), await rows_of(connection, rollout)
        return row, kept, rows, await measurements_of(connection, rollout, database.archive)

    row, kept, rows, measured = await database.read(work, within_s=READING_S)
    records, seals, plan = read(rollout, rows), seals_of(rows), json.loads(row.tree)
    files = {
        ROLLOUT: _json(json.loads(row.body)),
        PLAN: _json(plan),
        RECORDS: _lines(asdict(record) for record in records),
        SIGNATURES: _json(_signatures(seals, kept.seal)),
        HEAD: _json(asdict(kept.head)),
        MEASUREMENTS: _lines(_measured(metric, measurement) for metric, measurement in measured),
        **derived(plan, records, seals),
    }
    return pack(files | {MANIFEST: _manifest(rollout, files)})


def derived(plan: Mapping[str, Any], records: Sequence[Record], seals: Mapping[int, Seal]) -> dict[str, bytes]:
    """The files that follow from the chain, its signatures and the frozen plan: whoever verifies makes them anew."""
    last = next((record for record in reversed(records) if record.kind == "decision"), None)
    seal = seals.get(last.number) if last is not None else None
    decision = {"record": asdict(last) if last else None, "signature": asdict(seal) if seal else None}
    made = artifacts.files(plan, records, seals)
    return {
        DECISION: _json(decision),
        VERSIONS: _json(_versions(records)),
        **{name: text.encode() for name, text in made.items()},
    }


def _versions(records: Sequence[Record]) -> dict[str, Any]:
    """Which Perch wrote the record, and since when; and the version of what was rolled out."""
    found: list[dict[str, Any]] = []
    rolled_out = ""
    for record in records:
        told = {"started": "perch", "perch_changed": "to"}.get(record.kind)
        if told and record.body.get(told):
            found.append({"perch": record.body[told], "since": record.number, "at": record.at})
        rolled_out = record.body.get("version") or "" if record.kind == "started" else rolled_out
    return {"perch": found, "rolled_out": rolled_out}


def pack(files: Mapping[str, bytes]) -> bytes:
    """The one way in which these files become a bundle's bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as bundle:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            bundle.writestr(entry, files[name])
    return stream.getvalue()


def parse_record(line: str) -> Record:
    """A line of `records.jsonl`. Raises ValueError for anything that `export` wouldn't have written."""
    fields = json.loads(line)
    if not isinstance(fields, dict) or canonical(fields) != line:
        raise ValueError("not canonical JSON")
    try:
        return Record(**fields)
    except TypeError as fault:
        raise ValueError("other fields than a record's") from fault


def parse_signatures(content: bytes) -> tuple[Mapping[int, Seal], Seal | None]:
    """`signatures.json`: the records' by number, and the head's. Raises ValueError for anything else."""
    told = json.loads(content)
    try:
        head = Seal(**told["head"]) if told["head"] else None
        return {int(number): Seal(**seal) for number, seal in told["records"].items()}, head
    except (TypeError, KeyError, AttributeError) as fault:
        raise ValueError("other fields than a signature's") from fault


def described(content: bytes) -> dict[str, Any]:
    """How the manifest describes a file."""
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _manifest(rollout: str, files: Mapping[str, bytes]) -> bytes:
    return _json(
        {
            "kind": KIND,
            "format": FORMAT,
            "perch": version("perch"),
            "artifacts": artifacts.RULES,
            "rollout": rollout,
            "files": {name: described(content) for name, content in files.items()},
        }
    )


def _signatures(seals: Mapping[int, Seal], head: Seal | None) -> dict[str, Any]:
    records = {str(number): asdict(seal) for number, seal in seals.items()}
    return {"head": asdict(head) if head else None, "records": records}


def _measured(metric: str, measurement: Measurement) -> dict[str, Any]:
    at = measurement.at.isoformat()
    if isinstance(measurement, Measured):
        return {"metric": metric, "at": at, "value": measurement.value, "missing": None, "detail": measurement.series}
    missing = measurement.missing.value
    return {"metric": metric, "at": at, "value": None, "missing": missing, "detail": measurement.detail}


def _json(value: Any) -> bytes:
    return (canonical(value) + "\n").encode()


def _lines(values: Iterable[Any]) -> bytes:
    return b"".join(_json(value) for value in values)
