"""Verifying a bundle, offline: names the first bad record or file, in a sentence, whatever was done to it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.errors import PerchError
from bot.domain.evidence import Broken, Head, Record
from bot.domain.planning.reading import digest
from bot.domain.record.artifacts import FOLDER, RULES
from bot.domain.redactions import Redaction
from bot.domain.signatures import PublicKeys, Seal, Signing
from storage.bundle import (
    DECISION,
    FORMAT,
    HEAD,
    KIND,
    MANIFEST,
    MEASUREMENTS,
    PLAN,
    RECORDS,
    ROLLOUT,
    SIGNATURES,
    VERSIONS,
    derived,
    described,
    pack,
    parse_record,
    parse_signatures,
)
from storage.evidence import KeptHead
from storage.verifying import NO_KEYS, Checked, judged

UNSIGNED = {MANIFEST, RECORDS, HEAD, ROLLOUT, PLAN, MEASUREMENTS}
SIGNED = UNSIGNED | {SIGNATURES}
FILES: Mapping[int, set[str]] = {1: UNSIGNED, 2: SIGNED, FORMAT: SIGNED | {DECISION, VERSIONS}}
"""What is in a bundle, by format. The first one knew no signatures, the first two no artifacts."""
DERIVED = 3
"""Since this format a bundle holds files that follow from the chain."""


class BrokenBundle(PerchError):
    """The file isn't a whole bundle; `what` is the sentence, `next_step` what to do."""

    def __init__(self, path: Path, what: str, next_step: str = "") -> None:
        super().__init__(f"{path.name}: {what}", next_step or "export it again with perch evidence export")


@dataclass(frozen=True, slots=True)
class WholeBundle:
    """What a bundle that verifies is about. Compare `head` with the one that was posted in Slack."""

    rollout: str
    plan: str
    environment: str
    head: Head
    perch: str
    """The version of Perch that exported it."""
    signing: Signing
    records: Sequence[Record]
    seals: Mapping[int, Seal]
    artifacts: int | None
    """How many artifacts follow from its chain, one by one as they stand in it; None where that couldn't be tried."""
    rules: int = 0
    """By which rules its artifacts were made; 0 where it holds none."""
    redactions: Sequence[Redaction] = ()


def verify_bundle(path: Path, keys: PublicKeys = NO_KEYS) -> WholeBundle:
    """Check everything that can be checked without the database. Raises BrokenBundle."""
    try:
        files = _unpack(path)
        manifest = _manifest(path, files)
        rollout = str(manifest.get("rollout"))
        checked, head = _chain(path, rollout, files, keys)
        made = _artifacts(path, manifest, files, checked)
        _same_files(path, manifest, files)
        told = json.loads(files[ROLLOUT])
        frozen = digest(json.loads(files[PLAN]), told["environment"]) == told["plan_digest"]
        whole = WholeBundle(
            rollout=rollout,
            plan=told["plan"],
            environment=told["environment"],
            head=head,
            perch=str(manifest.get("perch")),
            signing=checked.signing,
            records=checked.records,
            seals=checked.seals,
            artifacts=made,
            rules=int(manifest.get("artifacts") or 0),
            redactions=checked.redactions,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise BrokenBundle(path, "its files aren't what Perch writes") from fault
    if told["id"] != rollout:
        raise BrokenBundle(path, f"{ROLLOUT} is about {told['id']}, {MANIFEST} about {rollout}")
    if not frozen:
        raise BrokenBundle(path, f"{PLAN} isn't the plan that the rollout froze")
    if pack(files) != path.read_bytes():
        raise BrokenBundle(path, "the zip around the files was changed; no file in it was")
    return whole


def _unpack(path: Path) -> Mapping[str, bytes]:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise BrokenBundle(path, f"it can't be read: {fault.strerror}", "check the name") from fault
    if not content.startswith(b"PK"):
        raise BrokenBundle(path, "it isn't a Perch bundle", "give a file that perch evidence export wrote")
    try:
        with zipfile.ZipFile(path) as bundle:
            entries = bundle.infolist()
            # Perch never compresses; refusing to inflate also keeps a hostile file from filling the memory.
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise BrokenBundle(path, "it was packed by another program, so its bytes can't be vouched for")
            return {entry.filename: bundle.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as fault:
        raise BrokenBundle(path, f"it's cut short or damaged ({fault})") from fault


def _manifest(path: Path, files: Mapping[str, bytes]) -> Mapping[str, Any]:
    if MANIFEST not in files:
        raise BrokenBundle(path, "it isn't a Perch bundle: there's no manifest.json in it")
    manifest: dict[str, Any] = json.loads(files[MANIFEST])
    if manifest.get("kind") != KIND:
        raise BrokenBundle(path, "it isn't a Perch bundle: its manifest says something else")
    if manifest.get("format") not in FILES:
        newer = f"it has format {manifest.get('format')}, and this Perch reads formats up to {FORMAT}"
        raise BrokenBundle(path, newer, "verify it with the Perch that wrote it, or a newer one")
    wanted = FILES[manifest["format"]]
    for missing in sorted(wanted - set(files)):
        raise BrokenBundle(path, f"{missing} is missing")
    made = {name for name in files if name.startswith(FOLDER)} if manifest["format"] >= DERIVED else set()
    for strange in sorted(set(files) - wanted - made):
        raise BrokenBundle(path, f"{strange} doesn't belong in it")
    return manifest


def _chain(path: Path, rollout: str, files: Mapping[str, bytes], keys: PublicKeys) -> tuple[Checked, Head]:
    """Records first: where one is bad, its number says more than the file's name would."""
    told = json.loads(files[HEAD])
    head = Head(told["number"], told["hash"])
    seals: tuple[Mapping[int, Seal], Seal | None] = ({}, None)
    if SIGNATURES in files:
        seals = parse_signatures(files[SIGNATURES])
    records: list[Record] = []
    unreadable = None
    for line in files[RECORDS].decode(errors="replace").split("\n")[:-1]:
        try:
            records.append(parse_record(line))
        except ValueError:
            unreadable = Broken(rollout, len(records) + 1, "it isn't as it was written: it can't be read")
            break
    checked = judged(rollout, records, seals[0], KeptHead(head, seals[1]), keys, unreadable)
    if checked.broken is not None:
        raise BrokenBundle(path, f"record {checked.broken.number}: {checked.broken.what}")
    return checked, head


def _artifacts(path: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes], checked: Checked) -> int | None:
    """Make anew what follows from the chain, and compare. Rules that this Perch doesn't know can't be tried."""
    if manifest["format"] < DERIVED or manifest.get("artifacts") != RULES:
        return None
    plan = json.loads(files[PLAN])
    made = derived(plan if isinstance(plan, dict) else {}, checked.records, checked.seals)
    for name in sorted(made):
        if name not in files:
            raise BrokenBundle(path, f"{name} is missing, though the record gives it")
        if files[name] != made[name]:
            raise BrokenBundle(path, f"{name} isn't what the record gives: it was changed after it was made")
    for name in sorted(name for name in files if name.startswith(FOLDER) and name not in made):
        raise BrokenBundle(path, f"{name} doesn't follow from the record")
    return sum(name.startswith(FOLDER) for name in made) - 1


def _same_files(path: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    for name in sorted(set(files) - {MANIFEST}):
        if manifest["files"].get(name) != described(files[name]):
            raise BrokenBundle(path, f"{name} isn't the file that the manifest names")
