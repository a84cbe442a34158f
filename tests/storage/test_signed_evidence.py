"""Law 9: what is written with a key is signed with it, record and head, in the database and in the bundle."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result

from bot.domain.evidence import WORKSPACE
from bot.domain.signatures import Signing
from bot.ports import Change
from bot.settings import read_settings
from commands.terminal import given
from commands.terminal.doctor.findings import Grade
from commands.terminal.doctor.machine import signing
from commands.terminal.evidence import evidence
from storage.bundle import export
from storage.bundle_check import BrokenBundle, verify_bundle
from storage.database import open_database
from storage.rollouts import SqlRollouts
from storage.signing import KnownKeys, SigningKey, new_key, read_public_keys, read_signing_key
from storage.verifying import check_all
from tests.commands.terminal.shop import Shop
from tests.storage.samples import TREE, Hands, a_rollout, an_entry

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
PRIVATE = new_key()
KEY = read_signing_key(PRIVATE)
KNOWN = KnownKeys(read_public_keys([KEY.public]))


async def written(address: str, *signers: SigningKey | None) -> None:
    """Two chains, their records by one process after the other: each with its own key, or none."""
    for number, signer in enumerate(signers):
        database = await open_database(address)
        rollouts = SqlRollouts(database, Hands(), signer)
        if not number:
            await rollouts.create(a_rollout(), TREE, Change(evidence=(an_entry(),)))
        saved = await rollouts.save(await rollouts.load("r1"), Change(evidence=(an_entry("held"), an_entry("resumed"))))
        await rollouts.save(saved, Change())
        await rollouts.note(WORKSPACE, [an_entry("refused")])
        await database.aclose()


async def found(address: str) -> dict[str, tuple[int | None, Signing]]:
    database = await open_database(address)
    try:
        checked = await check_all(database, KNOWN)
    finally:
        await database.aclose()
    return {each.chain: (each.broken.number if each.broken else None, each.signing) for each in checked}


async def execute(address: str, statement: str) -> None:
    """As somebody does who knows the database's address."""
    if address.startswith("sqlite"):
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(statement)
        return
    server = await asyncpg.connect(address)
    try:
        await server.execute(statement)
    finally:
        await server.close()


async def test_every_record_and_every_head_is_signed(database_address: str) -> None:
    await written(database_address, KEY, KEY)
    assert await found(database_address) == {"r1": (None, Signing(signed=5)), WORKSPACE: (None, Signing(signed=2))}
    await execute(database_address, "UPDATE rollouts SET head_signature = NULL, head_key = NULL")
    assert (await found(database_address))["r1"][0] == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence SET signature = NULL",
        "UPDATE evidence SET body = '{}'",
        "DELETE FROM evidence WHERE number = 5",
    ],
)
async def test_the_database_itself_refuses_to_change_evidence(database_address: str, statement: str) -> None:
    """Triggers, on both stores: whoever may write rows, and not change the schema, can only add."""
    await written(database_address, KEY, KEY)
    with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError), match="append-only"):
        await execute(database_address, statement)
    assert await found(database_address) == {"r1": (None, Signing(signed=5)), WORKSPACE: (None, Signing(signed=2))}


async def test_postgresql_refuses_to_empty_the_evidence(postgres_database: str) -> None:
    await written(postgres_database, KEY)
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await execute(postgres_database, "TRUNCATE evidence")


async def test_a_record_changed_by_the_schemas_owner_is_named(postgres_database: str) -> None:
    """Who owns the tables can put the triggers off."""
    await written(postgres_database, KEY, KEY)
    for statement in (
        "ALTER TABLE evidence DISABLE TRIGGER ALL",
        "UPDATE evidence SET actor = 'U0EVIL' WHERE chain = 'r1' AND number = 3",
    ):
        await execute(postgres_database, statement)
    assert (await found(postgres_database))["r1"][0] == 3


async def test_signing_may_begin_in_the_middle_of_a_chain(database_address: str) -> None:
    await written(database_address, None, KEY)
    assert (await found(database_address))["r1"] == (None, Signing(signed=2, unsigned=3))


async def test_a_process_without_the_key_says_so_and_is_named(
    database_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A shell where PERCH_SIGNING_KEY was forgotten: it goes on, for down is always open, and isn't hidden."""
    with caplog.at_level(logging.ERROR):
        await written(database_address, KEY, None)
    assert [each.getMessage() for each in caplog.records if "PERCH_SIGNING_KEY isn't set here" in each.getMessage()]
    assert (await found(database_address))["r1"][0] == 4


async def test_a_bundle_carries_its_signatures_and_verifies_with_the_public_key_alone(tmp_path: Path) -> None:
    await written(f"sqlite:///{tmp_path}/perch.db", KEY)
    database = await open_database(f"sqlite:///{tmp_path / 'perch.db'}")
    (tmp_path / "r1.zip").write_bytes(await export(database, "r1"))
    await database.aclose()
    assert verify_bundle(tmp_path / "r1.zip", KNOWN).signing == Signing(signed=3)
    assert verify_bundle(tmp_path / "r1.zip").signing == Signing(unchecked=3)
    stranger = KnownKeys(read_public_keys([read_signing_key(new_key()).public]))
    with pytest.raises(BrokenBundle, match="record 1: it's signed with key"):
        verify_bundle(tmp_path / "r1.zip", stranger)


async def test_the_verifier_of_signatures_in_the_docs_agrees(tmp_path: Path) -> None:
    """docs/bundle.md tells how to write a second verifier; the one that it shows has to work."""
    programs = re.findall(r"```python\n(.*?)```", (ROOT / "docs/bundle.md").read_text(), re.DOTALL)
    await written(f"sqlite:///{tmp_path}/perch.db", KEY)
    database = await open_database(f"sqlite:///{tmp_path / 'perch.db'}")
    (tmp_path / "r1.zip").write_bytes(await export(database, "r1"))
    await database.aclose()
    for public, good in ((KEY.public, True), (read_signing_key(new_key()).public, False)):
        words = [sys.executable, "-c", "\n".join(programs), str(tmp_path / "r1.zip"), public]
        ran = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
        assert ran.stdout.startswith("whole: 3 records, head ")
        assert ran.stdout.endswith("signed\n") is good


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(evidence, words, obj=given(environment))


def test_a_key_is_made_and_its_public_half_is_shown() -> None:
    made = run("key", "--new")
    private = made.stdout.strip()
    public = read_signing_key(private).public
    assert public in made.stderr
    shown = run("key", PERCH_SIGNING_KEY=private)
    assert (shown.exit_code, shown.stdout.strip()) == (0, public)
    assert private not in shown.output
    unset = run("key")
    assert unset.exit_code == 1
    assert "perch evidence key --new" in unset.output


def test_public_keys_come_from_a_setting_a_file_and_an_option(tmp_path: Path) -> None:
    file, keys = tmp_path / "perch.db", tmp_path / "keys"
    asyncio.run(written(f"sqlite:///{file}", KEY))
    keys.write_text(f"{read_signing_key(new_key()).public}\n{KEY.public}\n")
    here = {"DATABASE_URL": f"sqlite:///{file}"}
    for words, more in (
        ([], {"PERCH_SIGNING_KEY": PRIVATE}),
        ([], {"PERCH_PUBLIC_KEYS": KEY.public}),
        ([], {"PERCH_PUBLIC_KEYS": str(keys)}),
        (["--public-key", str(keys)], {}),
    ):
        verified = run("verify", "r1", "--require-signed", *words, **here, **more)
        assert (verified.exit_code, "3 of 3 records, each by a known key" in verified.output) == (0, True)
    refused = run("verify", "r1", "--public-key", "hunter2", **here)
    assert "--public-key isn't a public key" in str(refused.exception)
    assert "hunter2" not in str(refused.exception)


def test_the_doctor_says_whether_evidence_is_signed() -> None:
    for given_key, grade, said in (
        ("", Grade.NOTE, "not signed"),
        (PRIVATE, Grade.OK, KEY.id),
        ("x", Grade.BAD, "key --new"),
    ):
        finding = signing(read_settings({"PERCH_SIGNING_KEY": given_key}))
        assert (finding.grade, said in finding.said) == (grade, True)


def test_a_bad_key_stops_the_start_with_one_line_and_no_way_down(tmp_path: Path) -> None:
    """The setting is named, what was in it isn't; and a kill from a shell acts all the same (law 2)."""
    shop = Shop(tmp_path)
    shop.begin()
    bad = {"PERCH_SIGNING_KEY": "c2VjcmV0", "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "x"}
    started = shop.perch("run", **bad)
    assert started.returncode == 1
    [line] = [line for line in started.stderr.splitlines() if "PERCH_SIGNING_KEY" in line]
    assert "6 bytes in base64 where Ed25519 has 32" in line
    assert "c2VjcmV0" not in started.stderr
    killed = shop.perch("kill", "shop", **bad)
    assert killed.returncode == 0, killed.stderr
    assert (shop.percent(), shop.enabled()) == (0, False)
    assert "It goes down all the same" in killed.stderr
