"""A bundle of each way to end: every artifact under its name, verified offline, each change found (E2, E3, E4, E5)."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.domain.evidence import Entry, Head, canonical, extend
from bot.domain.record.artifacts import RULES
from bot.domain.rollout import Rollout
from bot.domain.signatures import Signer
from bot.settings import Settings
from commands.terminal.evidence import evidence
from storage.bundle import derived, described, export, pack, parse_signatures
from storage.bundle_check import BrokenBundle, verify_bundle
from storage.database import open_database
from storage.signing import KnownKeys, read_public_keys, read_signing_key
from tests import second_verifier
from tests.fakes.traffic import Trouble
from tests.postgres import address_in
from tests.rig import BEN, Rig, rig, tree

SEED = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SIGNER = read_signing_key(SEED)
OTHER = read_signing_key("OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg=")
KEYS = KnownKeys(read_public_keys([SIGNER.public]))
WATCHED: dict[str, Any] = {
    "dashboards": [{"id": "ttfv", "url": "https://grafana.example/d/ttfv", "title": "TTFV protection"}],
    "alerts": [{"id": "rls", "rule": "rls_errors > 0", "url": "https://alerts.example/rls"}],
}


def small() -> dict[str, Any]:
    """Two stages with a checkpoint each, everything asked for."""
    asked = ["lb_diff", "dashboards", "alerts", "snapshot_1m", "decision"]
    plan = tree(**WATCHED, artifacts=asked)
    stages = [{**stage, "bake": "2m", "checkpoints": ["1m"]} for stage in plan["stages"]]
    return {**plan, "stages": [stages[0], stages[2]]}


async def completed(story: Rig) -> Rollout:
    rollout = await story.until_gate(await story.start())
    await story.approve(rollout)
    await story.minutes(4)
    return await story.load(rollout)


async def rolled_back(story: Rig) -> Rollout:
    rollout = await story.start()
    await story.minutes(1)
    story.numbers.values["errors"] = 7.0
    await story.minutes(2)
    return await story.load(rollout)


async def killed(story: Rig) -> Rollout:
    rollout = await story.start()
    await story.minutes(1)
    await story.engine.desk.kill(story.request("kill", BEN), rollout.id, "customers call")
    await story.minutes(2)
    return await story.load(rollout)


async def aborted(story: Rig) -> Rollout:
    story.traffic[0].far.trouble = Trouble.FAIL
    return await story.start()


ENDS: dict[str, tuple[Callable[[Rig], Awaitable[Rollout]], str]] = {
    "completed": (completed, "PROMOTE"),
    "rolled_back": (rolled_back, "ROLLBACK"),
    "killed": (killed, "KILL"),
    "aborted": (aborted, "ABORT"),
}


async def exported(folder: Path, way: Callable[[Rig], Awaitable[Rollout]], signer: Signer | None) -> bytes:
    async with rig(folder, small(), signer=signer) as story:
        rollout = await way(story)
        database = await open_database(address_in(folder))
        try:
            content = await export(database, rollout.id)
            assert await export(database, rollout.id) == content
            return content
        finally:
            await database.aclose()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One of each way to end, signed."""
    folder = tmp_path_factory.mktemp("ends")
    for end in ENDS:
        (folder / end).mkdir()
    return {end: asyncio.run(exported(folder / end, way, SIGNER)) for end, (way, _) in ENDS.items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "r.zip"


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def names_of(content: bytes) -> list[str]:
    """The artifacts in their time order, with their times taken out."""
    index = json.loads(files_of(content)["artifacts/index.json"])["artifacts"]
    assert [each["at"] for each in index] == sorted(each["at"] for each in index)
    return [re.sub(r"\d{8}T\d{6}Z", "<at>", each["file"]) for each in index]


def refitted(files: dict[str, bytes], **changes: Any) -> bytes:
    """Packed with a manifest that fits what is in it: by somebody who knows the format."""
    sums = {name: described(text) for name, text in files.items() if name != "manifest.json"}
    manifest = {**json.loads(files["manifest.json"]), "files": sums, **changes}
    return pack({**files, "manifest.json": (canonical(manifest) + "\n").encode()})


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(BrokenBundle) as broken:
        verify_bundle(path, KEYS)
    return str(broken.value).removeprefix(f"{path.name}: ")


@pytest.mark.parametrize("end", ENDS)
def test_each_end_gives_a_signed_decision_that_both_verifiers_take(
    bundles: dict[str, bytes], path: Path, end: str
) -> None:
    path.write_bytes(bundles[end])
    whole = verify_bundle(path, KEYS)
    assert whole.signing.unsigned == whole.signing.unchecked == 0
    files, word = files_of(bundles[end]), ENDS[end][1]
    decision = json.loads(files["decision.json"])
    assert decision["record"]["body"]["decision"] == word
    assert decision["record"]["number"] == whole.head.number or end == "killed"
    assert decision["signature"]["key"] == SIGNER.id
    text = files["artifacts/CANARY_DECISION_FINAL.txt"].decode()
    assert text.startswith(f"CANARY DECISION: {word}\n")
    assert SIGNER.id in text
    assert "UNSIGNED" not in text
    said = second_verifier.verify(str(path), SIGNER.public)
    assert f"decision {word} signed by {SIGNER.id}" in said


def test_what_was_promoted_holds_every_artifact_that_was_asked_for(bundles: dict[str, bytes]) -> None:
    assert names_of(bundles["completed"]) == [
        "CANARY_DASHBOARDS_<at>.txt",
        "CANARY_ALERTS_<at>.txt",
        "CANARY_LB_DIFF_<at>.txt",
        "CANARY_SNAPSHOT_T1_<at>.json",
        "CANARY_LB_DIFF_<at>.txt",
        "CANARY_SNAPSHOT_T1_<at>.json",
        "CANARY_DECISION_FINAL.txt",
        "CANARY_PROMOTION_FINAL.txt",
    ]


@pytest.mark.parametrize("end", ["rolled_back", "killed"])
def test_what_came_down_holds_its_log_and_the_change_to_0(bundles: dict[str, bytes], end: str) -> None:
    names = names_of(bundles[end])
    assert {"CANARY_ROLLBACK_FINAL.txt", "CANARY_DECISION_FINAL.txt"} <= set(names)
    files = files_of(bundles[end])
    last = [text.decode() for name, text in sorted(files.items()) if "LB_DIFF" in name][-1]
    assert "Change      1% -> 0% on the canary" in last
    assert re.search(r"Applied     2026-03-02 09:0\d:\d\dZ\n", last)


def test_what_never_moved_has_no_log_of_moving(bundles: dict[str, bytes]) -> None:
    assert set(names_of(bundles["aborted"])) == {
        "CANARY_DASHBOARDS_<at>.txt",
        "CANARY_ALERTS_<at>.txt",
        "CANARY_DECISION_FINAL.txt",
    }


def test_dashboards_and_alerts_are_in_it_with_ids_addresses_and_rules(bundles: dict[str, bytes]) -> None:
    texts = {
        name.split("_")[1]: text.decode() for name, text in files_of(bundles["completed"]).items() if "CANARY" in name
    }
    assert all(word in texts["DASHBOARDS"] for word in ("ttfv", "TTFV protection", "https://grafana.example/d/ttfv"))
    assert all(word in texts["ALERTS"] for word in ("rls", "rls_errors > 0", "https://alerts.example/rls"))


def test_a_traffic_change_is_on_record_before_and_after_as_the_target_said_it(bundles: dict[str, bytes]) -> None:
    """E2: with the time that it was applied, and that it was read back."""
    diffs = [text.decode() for name, text in sorted(files_of(bundles["completed"]).items()) if "LB_DIFF" in name]
    assert "Change      0% -> 1% on the canary" in diffs[0]
    assert re.search(r"fake traffic 0 +weight = 0% +weight = 1%\n", diffs[0])
    assert re.search(r"fake traffic 0 +weight = 1% +weight = 100%\n", diffs[1])
    assert all("Applied     2026-03-02 09:0" in text and "Read back   2026-03-02 09:0" in text for text in diffs)


def test_any_changed_byte_of_what_follows_from_the_record_is_found(bundles: dict[str, bytes], path: Path) -> None:
    content = bundles["rolled_back"]
    for place in range(0, len(content), 211):
        spoiled = bytearray(content)
        spoiled[place] ^= 1 << (place % 8)
        assert refusal(path, bytes(spoiled))


@pytest.mark.parametrize("name", ["CANARY_DECISION_FINAL.txt", "CANARY_ROLLBACK_FINAL.txt", "index.json"])
def test_a_changed_artifact_is_named_though_the_manifest_was_made_to_fit(
    bundles: dict[str, bytes], path: Path, name: str
) -> None:
    files = files_of(bundles["rolled_back"])
    files[f"artifacts/{name}"] = files[f"artifacts/{name}"].replace(b"ROLLBACK", b"PROMOTE ").replace(b"0", b"1")
    assert refusal(path, refitted(files)).startswith(f"artifacts/{name} isn't what the record gives")


def test_artifacts_that_come_or_go_are_named(bundles: dict[str, bytes], path: Path) -> None:
    files = files_of(bundles["rolled_back"])
    more = {**files, "artifacts/CANARY_PROMOTION_FINAL.txt": b"CANARY PASSED\n"}
    assert refusal(path, refitted(more)) == "artifacts/CANARY_PROMOTION_FINAL.txt doesn't follow from the record"
    del files["artifacts/CANARY_DECISION_FINAL.txt"]
    expected = "artifacts/CANARY_DECISION_FINAL.txt is missing, though the record gives it"
    assert refusal(path, refitted(files)) == expected


def test_artifacts_of_other_rules_are_never_called_good(bundles: dict[str, bytes], path: Path) -> None:
    path.write_bytes(refitted(files_of(bundles["completed"]), artifacts=RULES + 1))
    assert verify_bundle(path, KEYS).artifacts is None
    said = run("verify", str(path), "--public-key", SIGNER.public)
    assert f"NOT MADE ANEW: the artifacts; they were made by rules {RULES + 1}" in said


def run(*words: str) -> str:
    """Both outputs of `perch evidence …`."""
    context = {"settings": lambda: Settings.model_validate({}), "database_url": "sqlite:///nowhere.db"}
    ran = CliRunner().invoke(evidence, words, obj=context)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.output + f"exit {ran.exit_code}"


def test_verify_says_the_decision_and_whose_key_signed_it_with_the_public_key_alone(
    bundles: dict[str, bytes], path: Path
) -> None:
    path.write_bytes(bundles["completed"])
    said = run("verify", str(path), "--public-key", SIGNER.public)
    assert re.search(rf"decision: PROMOTE \(record \d+\), signed by key {SIGNER.id}\n", said)
    assert "artifacts: 8, each as the record gives it" in said
    assert "name:  the file is called r.zip; by its content it is the record of materializers-" in said
    assert "NOT CHECKED: give the public key" in run("verify", str(path))


def test_the_decision_is_printed_from_a_file(bundles: dict[str, bytes], path: Path) -> None:
    path.write_bytes(bundles["rolled_back"])
    said = run("decision", str(path))
    assert "CANARY DECISION: ROLLBACK" in said
    assert "the plan's on_breach: a rollback trigger fired" in said
    assert re.search(r"FAIL +1% +trigger +errors > 5% +7% +5%", said)
    told = json.loads(run("decision", str(path), "--json").splitlines()[0])
    assert told["record"]["body"]["decision"] == "ROLLBACK"
    assert told["signature"]["key"] == SIGNER.id


def test_without_a_key_it_says_unsigned_wherever_it_is_shown(tmp_path: Path) -> None:
    content = asyncio.run(exported(tmp_path, aborted, None))
    file = tmp_path / "r.zip"
    file.write_bytes(content)
    assert b"UNSIGNED: nobody's key vouches" in files_of(content)["artifacts/CANARY_DECISION_FINAL.txt"]
    assert "UNSIGNED: nobody's key vouches" in run("decision", str(file))
    assert ", UNSIGNED: nobody's key vouches for it" in run("verify", str(file))


def test_a_forged_chain_is_found_by_both_verifiers_with_the_key_alone(bundles: dict[str, bytes], path: Path) -> None:
    """Somebody computes every hash anew after turning the decision round."""
    files = files_of(bundles["rolled_back"])
    records = [json.loads(line) for line in files["records.jsonl"].splitlines()]
    made = [Entry(r["kind"], datetime.fromisoformat(r["at"]), r["actor"], turned(r["body"])) for r in records]
    forged, head = extend(records[0]["chain"], Head(), made)
    files["records.jsonl"] = b"".join((canonical(asdict(record)) + "\n").encode() for record in forged)
    files["head.json"] = (canonical(asdict(head)) + "\n").encode()
    seals = parse_signatures(files["signatures.json"])[0]
    files = {name: text for name, text in files.items() if not name.startswith("artifacts/")}
    files |= derived(json.loads(files["plan.json"]), forged, seals)
    assert "its signature isn't the one of key" in refusal(path, refitted(files))
    path.write_bytes(refitted(files))
    assert "PROMOTE" in second_verifier.verify(str(path))
    with pytest.raises(second_verifier.Wrong, match="isn't signed with this key"):
        second_verifier.verify(str(path), SIGNER.public)


def turned(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "decision": "PROMOTE"} if body.get("decision") == "ROLLBACK" else body


def test_the_second_verifier_finds_what_was_done(bundles: dict[str, bytes], path: Path) -> None:
    """By itself, as a program; in it there is nothing of Perch."""
    program = Path(second_verifier.__file__)
    imported = re.findall(r"^(?:from|import) (\w+)", program.read_text(), re.MULTILINE)
    assert set(imported) <= {"__future__", *sys.stdlib_module_names, "cryptography"}
    content = bundles["completed"]
    files = files_of(content)
    line = files["records.jsonl"].replace(b"customers", b"nobody").replace(b'"PROMOTE"', b'"KILL"')
    tampered = {
        "record": refitted({**files, "records.jsonl": line}),
        "decision.json": refitted({**files, "decision.json": b'{"record":null,"signature":null}'}),
        "plan.json isn't the plan": refitted({**files, "plan.json": b"{}"}),
        "isn't the file that the manifest names": pack({**files, "rollout.json": b"{}"}),
        "it isn't a whole zip file": content[:-40],
        "index.json lists other files": refitted({**files, "artifacts/more.txt": b""}),
    }
    for said, spoiled in tampered.items():
        path.write_bytes(spoiled)
        with pytest.raises(second_verifier.Wrong, match=said):
            second_verifier.verify(str(path), SIGNER.public)
    path.write_bytes(content)
    with pytest.raises(second_verifier.Wrong, match="record 1 isn't signed with this key"):
        second_verifier.verify(str(path), OTHER.public)
    ran = subprocess.run([sys.executable, program, path], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout[:7]) == (0, "whole: ")


def test_a_story_told_twice_gives_the_same_files_but_for_its_random_names(
    bundles: dict[str, bytes], tmp_path: Path
) -> None:
    again = asyncio.run(exported(tmp_path, completed, SIGNER))
    assert names_of(again) == names_of(bundles["completed"])
