"""The bundle verifies offline, and whatever is done to it is named in a sentence (E1, law 9)."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.errors import UnknownRollout
from bot.domain.evidence import canonical
from bot.domain.machine import State
from bot.domain.measurements import Measured, Measurement, Missing, NoData
from bot.ports import Change
from storage import bundle
from storage.bundle import described, export, pack
from storage.bundle_check import BrokenBundle, verify_bundle
from storage.database import open_database
from storage.rollouts import SqlRollouts
from tests.storage.samples import NOW, TREE, Hands, a_rollout, an_entry

ROOT = Path(__file__).parents[2]
Files = dict[str, bytes]


async def exported(file: Path) -> bytes:
    database = await open_database(f"sqlite:///{file}")
    try:
        rollouts = SqlRollouts(database, Hands())
        created = await rollouts.create(a_rollout(), TREE, Change(evidence=(an_entry(),)))
        measured: dict[str, Measurement] = {
            "error_rate": Measured(1.5, NOW, "pod-1"),
            "latency": NoData(Missing.TIMEOUT, "after 5 s", NOW),
        }
        evidence = tuple(an_entry("verdict", number=number, note="ñ") for number in range(4))
        await rollouts.save(created.but(state=State.COMPLETED), Change(evidence=evidence, measured=measured))
        content = await export(database, "r1")
        assert await export(database, "r1") == content
        with pytest.raises(UnknownRollout):
            await export(database, "nobody")
        return content
    finally:
        await database.aclose()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return asyncio.run(exported(tmp_path_factory.mktemp("bundle") / "perch.db"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "renamed by somebody.zip"


def files_of(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(BrokenBundle) as broken:
        verify_bundle(path)
    assert broken.value.next_step
    return str(broken.value).removeprefix(f"{path.name}: ")


def test_the_same_rollout_gives_the_same_bytes_on_another_day_and_machine(content: bytes, tmp_path: Path) -> None:
    assert asyncio.run(exported(tmp_path / "other.db")) == content


def test_a_bundle_holds_what_it_should(content: bytes) -> None:
    files = files_of(content)
    assert sorted(files) == [
        "artifacts/index.json",
        "decision.json",
        "head.json",
        "manifest.json",
        "measurements.jsonl",
        "plan.json",
        "records.jsonl",
        "rollout.json",
        "signatures.json",
        "versions.json",
    ]
    assert json.loads(files["plan.json"]) == TREE
    assert json.loads(files["rollout.json"])["state"] == "completed"
    assert [json.loads(line)["value"] for line in files["measurements.jsonl"].splitlines()] == [1.5, None]
    assert len(files["records.jsonl"].splitlines()) == json.loads(files["head.json"])["number"] == 5


def test_a_whole_bundle_says_what_it_is_about_whatever_it_is_called(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    whole = verify_bundle(path)
    assert (whole.rollout, whole.plan, whole.environment, whole.head.number) == ("r1", "plan-r1", "production", 5)


@pytest.mark.parametrize("format", [1, 2])
def test_a_bundle_of_a_former_format_is_still_whole(content: bytes, path: Path, format: int) -> None:
    """U8: what 0.1.0 exported had no signatures, and its second format nothing that follows from the chain."""
    files, manifest = files_of(content), json.loads(files_of(content)["manifest.json"])
    manifest["format"] = format
    del manifest["artifacts"]
    for name in ("artifacts/index.json", "decision.json", "versions.json", "signatures.json")[: 5 - format]:
        del files[name], manifest["files"][name]
    files["manifest.json"] = (canonical(manifest) + "\n").encode()
    path.write_bytes(pack(files))
    assert verify_bundle(path).signing.unsigned == 5


def test_any_changed_byte_is_found(content: bytes, path: Path) -> None:
    for place in range(0, len(content), 13):
        spoiled = bytearray(content)
        spoiled[place] ^= 1 << (place % 8)
        assert refusal(path, bytes(spoiled))


def test_a_cut_bundle_is_told_as_such(content: bytes, path: Path) -> None:
    for length in (0, 1, 2, 30, len(content) // 2, len(content) - 1):
        said = refusal(path, content[:length])
        assert said.startswith("it's cut short or damaged" if length > 1 else "it isn't a Perch bundle")


def with_line(line: int, change: Callable[[str], str]) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        lines = files["records.jsonl"].decode().split("\n")
        lines[line - 1] = change(lines[line - 1])
        files["records.jsonl"] = "\n".join(line for line in lines if line != "gone").encode()

    return tamper


def swap(files: Files) -> None:
    lines = files["records.jsonl"].split(b"\n")
    lines[2], lines[3] = lines[3], lines[2]
    files["records.jsonl"] = b"\n".join(lines)


def without(name: str) -> Callable[[Files], None]:
    return lambda files: files.__delitem__(name)


def with_file(name: str, content: bytes) -> Callable[[Files], None]:
    return lambda files: files.__setitem__(name, content)


def renamed(old: str, new: str) -> Callable[[Files], None]:
    return lambda files: files.__setitem__(new, files.pop(old))


def with_manifest(**changes: object) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        files["manifest.json"] = (canonical({**json.loads(files["manifest.json"]), **changes}) + "\n").encode()

    return tamper


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (with_line(3, lambda line: line.replace('"number":1}', '"number":7}')), "record 3: its content doesn't match"),
        (with_line(3, lambda line: line.replace(":", ": ")), "record 3: it isn't as it was written"),
        (with_line(3, lambda line: "{}"), "record 3: it isn't as it was written"),
        (with_line(3, lambda line: "gone"), "record 3"),
        (with_line(5, lambda line: "gone"), "record 5: the tail is cut"),
        (with_line(1, lambda line: "gone"), "record 1"),
        (swap, "record 3"),
        (with_file("records.jsonl", b""), "record 1: the tail is cut"),
        (with_file("head.json", b'{"hash":"0","number":5}\n'), "record 5"),
        (with_file("head.json", b"[]\n"), "its files aren't what Perch writes"),
        (with_file("plan.json", b"{}\n"), "plan.json isn't the file that the manifest names"),
        (with_file("rollout.json", b"{}\n"), "rollout.json isn't the file that the manifest names"),
        (with_file("measurements.jsonl", b""), "measurements.jsonl isn't the file that the manifest names"),
        (without("measurements.jsonl"), "measurements.jsonl is missing"),
        (without("manifest.json"), "it isn't a Perch bundle: there's no manifest.json"),
        (renamed("plan.json", "plan2.json"), "plan.json is missing"),
        (with_file("extra.txt", b"hello"), "extra.txt doesn't belong in it"),
        (with_file("../../etc/passwd", b"hello"), "../../etc/passwd doesn't belong in it"),
        (with_manifest(format=4), "it has format 4, and this Perch reads formats up to 3"),
        (with_manifest(format=2), "artifacts/index.json doesn't belong in it"),
        (with_file("artifacts/index.json", b"{}"), "artifacts/index.json isn't what the record gives"),
        (with_file("decision.json", b"{}"), "decision.json isn't what the record gives"),
        (with_file("versions.json", b"{}"), "versions.json isn't what the record gives"),
        (with_file("artifacts/CANARY_DECISION_FINAL.txt", b""), "artifacts/CANARY_DECISION_FINAL.txt doesn't follow"),
        (without("artifacts/index.json"), "artifacts/index.json is missing, though the record gives it"),
        (with_manifest(kind="shopping list"), "it isn't a Perch bundle: its manifest says something else"),
        (with_manifest(rollout="r2"), "record 1"),
        (with_manifest(files={}), "artifacts/index.json isn't the file that the manifest names"),
        (with_manifest(files=None), "its files aren't what Perch writes"),
        (with_file("manifest.json", b"no json"), "its files aren't what Perch writes"),
        (with_file("manifest.json", b"[]"), "its files aren't what Perch writes"),
    ],
)
def test_what_was_done_is_named(content: bytes, path: Path, tamper: Callable[[Files], None], said: str) -> None:
    files = files_of(content)
    tamper(files)
    assert refusal(path, pack(files)).startswith(said)


def test_a_plan_that_the_rollout_did_not_freeze_is_found_even_under_a_fitting_manifest(
    content: bytes, path: Path
) -> None:
    files = files_of(content)
    files["plan.json"] = b'{"name":"other"}\n'
    sums = {name: described(text) for name, text in files.items() if name != "manifest.json"}
    with_manifest(files=sums)(files)
    assert refusal(path, pack(files)) == "plan.json isn't the plan that the rollout froze"


def test_a_bundle_that_was_packed_again_is_refused(content: bytes, path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files_of(content).items():
            packed.writestr(name, text)
    assert refusal(path, stream.getvalue()).startswith("it was packed by another program")


def test_other_files_and_none_are_told_apart(path: Path) -> None:
    with pytest.raises(BrokenBundle, match="it can't be read: No such file"):
        verify_bundle(path)
    assert refusal(path, b"hello") == "it isn't a Perch bundle"
    assert refusal(path, pack({"hello.txt": b""})).startswith("it isn't a Perch bundle")


def test_the_manifest_names_this_perch(content: bytes) -> None:
    manifest = json.loads(files_of(content)["manifest.json"])
    assert manifest["kind"] == bundle.KIND
    assert manifest["perch"]


def test_the_verifier_in_the_docs_agrees(content: bytes, path: Path) -> None:
    """docs/bundle.md tells how to write a second verifier; the one that it shows has to work."""
    program, _ = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "bundle.md").read_text(), re.DOTALL)

    def verdict(bundle: bytes) -> str:
        path.write_bytes(bundle)
        ran = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
        return ran.stdout + ran.stderr

    assert verdict(content).startswith("whole: 5 records, head ")
    files = files_of(content)
    with_line(3, lambda line: line.replace("ñ", "n"))(files)
    assert verdict(pack(files)) == "record 3 is bad\n"
    with_line(5, lambda line: "gone")(files := files_of(content))
    assert verdict(pack(files)) == "the records don't end where the head says\n"
