"""A second verifier of bundles (docs/bundle.md): Python's own library and `cryptography`, and nothing of Perch.

    python tests/second_verifier.py BUNDLE [PUBLIC_KEY in base64]

Says `whole: …` and exits 0, or names the first thing that is wrong and exits 1.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zipfile
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PLAIN = {"records.jsonl", "head.json", "rollout.json", "plan.json", "measurements.jsonl"}
FORMATS = {1: PLAIN, 2: PLAIN | {"signatures.json"}}
FORMATS[3] = FORMATS[2] | {"decision.json", "versions.json", "artifacts/index.json"}


class Wrong(Exception):
    """What is wrong, in a sentence."""


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def verify(path: str, public_key: str = "") -> str:
    """One line about a whole bundle. Raises Wrong."""
    files = unpacked(path)
    manifest = json.loads(files["manifest.json"])
    check_manifest(manifest, files)
    records = chain(files, manifest["rollout"])
    signatures = json.loads(files["signatures.json"]) if "signatures.json" in files else {"head": None, "records": {}}
    signed = check_signatures(records, signatures, files, public_key) if public_key else 0
    check_plan(files)
    told = check_derived(records, signatures, files) if manifest["format"] >= 3 else "no decision in it"
    return f"whole: {manifest['rollout']}, {len(records)} records, {signed} signatures good, {told}"


def unpacked(path: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as bundle:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in bundle.infolist()):
                raise Wrong("something in it is compressed")
            return {entry.filename: bundle.read(entry) for entry in bundle.infolist()}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as fault:
        raise Wrong(f"it isn't a whole zip file: {fault}") from fault


def check_manifest(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
    if manifest.get("kind") != "perch evidence bundle" or manifest.get("format") not in FORMATS:
        raise Wrong("its manifest is of another kind, or of a newer format")
    named = manifest["files"]
    if set(named) != set(files) - {"manifest.json"} or not set(named) >= FORMATS[manifest["format"]]:
        raise Wrong("it doesn't hold the files that its manifest names")
    for name, described in named.items():
        if described != {"bytes": len(files[name]), "sha256": sha256(files[name])}:
            raise Wrong(f"{name} isn't the file that the manifest names")


def chain(files: dict[str, bytes], rollout: str) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in files["records.jsonl"].decode().split("\n")[:-1]]
    left, previous = remainders(records), "0" * 64
    for number, record in enumerate(records, start=1):
        content = {key: value for key, value in record.items() if key != "hash"}
        found, place = sha256(canonical(content).encode()), (record["previous"], record["number"], record["chain"])
        if found not in (record["hash"], left.get(number)) or place != (previous, number, rollout):
            raise Wrong(f"record {number} is bad")
        previous = record["hash"]
    if json.loads(files["head.json"]) != {"number": len(records), "hash": previous}:
        raise Wrong("the records don't end where the head says")
    return records


def remainders(records: list[dict[str, Any]]) -> dict[int, str]:
    """The hash of what is left of each redacted record, by its number: a later record says it."""
    named = [(record, each) for record in records if record["kind"] == "redacted" for each in record["body"]["records"]]
    return {each["number"]: each["left"] for record, each in named if each["number"] < record["number"]}


def check_signatures(
    records: list[dict[str, Any]], signatures: dict[str, Any], files: dict[str, bytes], public_key: str
) -> int:
    public, begun, head = base64.b64decode(public_key), False, json.loads(files["head.json"])
    key, id = Ed25519PublicKey.from_public_bytes(public), sha256(public)[:16]

    def good(seal: dict[str, str], text: str) -> bool:
        try:
            key.verify(base64.b64decode(seal["signature"]), text.encode())
        except (InvalidSignature, ValueError):
            return False
        return seal["key"] == id

    for record in records:
        seal = signatures["records"].get(str(record["number"]))
        if (begun and seal is None) or (seal and not good(seal, f"perch record {record['hash']}")):
            raise Wrong(f"record {record['number']} isn't signed with this key")
        begun = begun or seal is not None
    text = f"perch head {records[-1]['chain']} {head['number']} {head['hash']}"
    if begun and not (signatures["head"] and good(signatures["head"], text)):
        raise Wrong("the head isn't signed with this key")
    return len(signatures["records"])


def check_plan(files: dict[str, bytes]) -> None:
    rollout, plan = json.loads(files["rollout.json"]), json.loads(files["plan.json"])
    frozen = canonical({"environment": rollout["environment"], "plan": plan})
    if sha256(frozen.encode()) != rollout["plan_digest"]:
        raise Wrong("plan.json isn't the plan that the rollout froze")


def check_derived(records: list[dict[str, Any]], signatures: dict[str, Any], files: dict[str, bytes]) -> str:
    made = [record for record in records if record["kind"] == "decision"]
    last = made[-1] if made else None
    seal = signatures["records"].get(str(last["number"])) if last else None
    if json.loads(files["decision.json"]) != {"record": last, "signature": seal}:
        raise Wrong("decision.json isn't the last decision on record")
    listed = json.loads(files["artifacts/index.json"])["artifacts"]
    if {f"artifacts/{each['file']}" for each in listed} != {
        name for name in files if name.startswith("artifacts/") and name != "artifacts/index.json"
    }:
        raise Wrong("artifacts/index.json lists other files than there are")
    if any(not 1 <= each["record"] <= len(records) for each in listed):
        raise Wrong("an artifact is of a record that there isn't")
    check_snapshots(records, listed, files)
    if last is None:
        return f"no decision yet, {len(listed)} artifacts"
    signed = f"signed by {seal['key']}" if seal else "UNSIGNED"
    return f"decision {last['body']['decision']} {signed}, {len(listed)} artifacts"


def check_snapshots(records: list[dict[str, Any]], listed: list[dict[str, Any]], files: dict[str, bytes]) -> None:
    """The numbers of a snapshot are its record's."""
    for each in listed:
        if not each["kind"].startswith("snapshot_"):
            continue
        told, record = json.loads(files[f"artifacts/{each['file']}"]), records[each["record"] - 1]
        values = {line["metric"]: line["value"] for line in record["body"]["check"]["lines"] if line["metric"]}
        if told["hash"] != record["hash"] or {name: of["value"] for name, of in told["metrics"].items()} != values:
            raise Wrong(f"{each['file']} isn't what record {record['number']} says")


def main() -> None:
    try:
        print(verify(*sys.argv[1:]))
    except Wrong as wrong:
        sys.exit(f"bad: {wrong}")
    except (ValueError, KeyError, TypeError, AttributeError):
        sys.exit("bad: its files aren't what a bundle holds")


if __name__ == "__main__":
    main()
