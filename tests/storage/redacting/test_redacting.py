"""Privacy (E7) and law 9: a person or a value goes, everywhere at once, and the chain says so instead of breaking."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from bot.domain.evidence import WORKSPACE
from bot.domain.planning.reading import digest
from bot.domain.redactions import VALUE, Scrub, next_person, person
from bot.engine.saying import WITH_RECORD
from bot.ports import Change, StoreAway
from bot.redaction import REDACTED, Redactor
from commands.terminal.evidence_slack import _untold
from storage.archive.archiving import Archive
from storage.bundle import RECORDS, export, pack
from storage.bundle_check import BrokenBundle, verify_bundle
from storage.database import Database, open_database
from storage.evidence import read_chain
from storage.outbox import SqlOutbox
from storage.redacting import erasing
from storage.redacting.erasing import Because, erase, sweep
from storage.redacting.files import scrub_files
from storage.redacting.found import CantRedact, earlier, look
from storage.rollouts import SqlRollouts
from storage.signing import KnownKeys, new_key, read_public_keys, read_signing_key
from storage.spool import KillFolder
from storage.tables import EvidenceRow, table
from storage.verifying import check_all, check_chain, verify_all
from tests.storage.redacting.samples import TOKEN, TREE, WHO, filled
from tests.storage.samples import NOW, Hands, a_card, an_act

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]

BECAUSE = Because("shell:ben", NOW + timedelta(days=30), f"{WHO} asked for it")
KEY = read_signing_key(new_key())


def people() -> Scrub:
    return person(WHO, "person-1")


def a_token() -> Scrub:
    return Scrub(VALUE, REDACTED, Redactor([TOKEN]))


def keys() -> KnownKeys:
    return KnownKeys(read_public_keys([KEY.public]))


@pytest.fixture
async def database(database_address: str) -> AsyncIterator[Database]:
    database = await open_database(database_address)
    await filled(database)
    yield database
    await database.aclose()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Database]:
    """The same on SQLite alone, signed."""
    database = await open_database(f"sqlite:///{tmp_path / 'perch.db'}")
    await filled(database, KEY)
    yield database
    await database.aclose()


async def redact(
    database: Database, scrub: Scrub, chains: Sequence[str] = ("r1", WORKSPACE, "live"), signer: Any = None
) -> int:
    found = await look(database, chains, scrub, signs=signer is not None)
    return await erase(database, found, scrub, BECAUSE, signer)


async def everything(database: Database) -> dict[str, str]:
    """All rows of all tables as text, by table."""
    tables = ("rollouts", "evidence", "outbox", "inbox", "measurements", "frozen_plans", "freezes", "archives")

    async def work(connection: Any) -> dict[str, str]:
        found = {}
        for name in tables:
            rows = (await connection.execute(text(f"SELECT * FROM {name}"))).all()
            found[name] = "\n".join(str(row) for row in rows if "live" not in str(row))
        return found

    return await database.read(work)


async def test_a_person_is_gone_everywhere_and_every_chain_is_whole(database: Database) -> None:
    """E7, law 9: state, evidence, messages, requests and the frozen plan; the name beside the id goes too."""
    assert await redact(database, people()) == 2
    for name, rows in (await everything(database)).items():
        if name != "frozen_plans":  # The live rollout stands on the old one.
            assert WHO not in rows.replace("U0ANABEL", ""), name
            assert "Ana'" not in rows
            assert '"Ana"' not in rows
    assert await verify_all(database) == []
    records = await read_chain(database, "r1")
    assert records[0].body["by"] == "U0ANABEL"
    approved = records[1].body
    assert approved["by"] == {"id": "person-1", "name": "person-1"}
    assert approved["why"] == "<@person-1> said so"
    assert approved["who"] == {"person-1": "yes"}
    facts = await database.read(lambda connection: connection.scalars(text("SELECT facts FROM outbox")))
    assert {json.loads(each).get("by") for each in facts} >= {"person-1"}
    rollout = await SqlRollouts(database, Hands()).load("r1")
    assert rollout.requester.id == "person-1"
    assert (await SqlRollouts(database, Hands()).tree(rollout.plan_digest))["roles"]["approvers"] == [
        "person-1",
        "@sre",
    ]


async def test_the_chain_says_who_took_it_out_and_why(here: Database) -> None:
    database = here
    before = await read_chain(database, "r1")
    await redact(database, people(), signer=KEY)
    after = await read_chain(database, "r1")
    (told,) = (await check_chain(database, "r1")).redactions
    assert (told.by, told.of, told.reason, told.signed) == ("shell:ben", (2,), "person-1 asked for it", None)
    assert [(each.number, each.kind, each.at, each.hash) for each in after[: len(before)]] == [
        (each.number, each.kind, each.at, each.hash) for each in before
    ]
    assert after[-1].body["elsewhere"] == {"messages": 2, "plan": 1, "state": 2}


async def test_slack_is_told_in_the_rollouts_thread_without_what_it_was(here: Database) -> None:
    """Law 9: with the record's place, as a decision is; a redaction that nobody was told of may be a forger's."""
    await redact(here, people(), signer=KEY)
    (message,) = await SqlOutbox(here).due(BECAUSE.at, 9)
    assert (message.rollout, message.outgoing.say, message.outgoing.thread) == ("r1", "redacted", True)
    assert message.outgoing.facts == {"by": "shell:ben", "reason": "person-1 asked for it", "records": 1}
    assert "redacted" in WITH_RECORD
    checked = await check_chain(here, "r1")
    broken = _untold(checked, 3)
    assert broken is not None
    assert (broken.number, "Slack wasn't told of it" in broken.what) == (4, True)
    assert _untold(checked, 4) is None
    assert _untold(await check_chain(here, "r1", keys()), 3) is None


async def test_a_live_rollout_stays_as_it_is_and_is_named(here: Database) -> None:
    """Law 2: who may go down is still known."""
    database = here
    assert (await look(database, ["live"], person("U0BEN", "person-1"), signs=True)).left == []
    found = await look(database, ["live"], people(), signs=True)
    assert found.left == ["live is live, so nothing of it was changed; type this again when it has ended"]
    assert await redact(database, people(), ["live"], KEY) == 0
    assert (await SqlRollouts(database, Hands()).load("live")).requester.id == WHO


async def test_a_new_start_with_the_same_plan_file_gets_the_whole_plan(here: Database) -> None:
    """What is left of a frozen plan is another plan: who approves the next rollout mustn't change."""
    database = here
    await redact(database, people(), signer=KEY)
    assert (await SqlRollouts(database, Hands()).tree(digest(TREE, "production"))) == TREE


async def test_a_value_is_gone_and_the_bundle_verifies(database: Database, tmp_path: Path) -> None:
    """E7: from a reason, an error text that a measurement kept, and a request."""
    await redact(database, a_token())
    assert not [name for name, rows in (await everything(database)).items() if TOKEN in rows]
    file = tmp_path / "r1.zip"
    file.write_bytes(await export(database, "r1"))
    assert TOKEN.encode() not in file.read_bytes()
    whole = verify_bundle(file)
    assert [each.of for each in whole.redactions] == [(3,)]


async def test_twice_is_once(here: Database) -> None:
    database = here
    await redact(database, people(), signer=KEY)
    before = await everything(database)
    assert await redact(database, people(), signer=KEY) == 0
    assert await everything(database) == before


async def test_one_after_the_other_both_are_vouched_for(here: Database) -> None:
    """The second takes its value out of what the first left, and out of the first one's own record."""
    database = here
    await redact(database, people(), signer=KEY)
    again = Because("shell:ben", BECAUSE.at, "too")
    scrub = Scrub(VALUE, REDACTED, Redactor(["asked for it", "said so"]))
    assert await erase(database, await look(database, ["r1"], scrub, signs=True), scrub, again, KEY) == 1
    records = await read_chain(database, "r1")
    assert records[1].body["why"] == f"<@person-1> {REDACTED}"
    assert records[3].body["reason"] == f"person-1 {REDACTED}"
    assert await verify_all(database) == []
    assert next_person(await earlier(database)) == "person-2"


class Crash(BaseException):
    """As SIGKILL."""


@pytest.mark.parametrize("step", ["_records", "_drop_plans"])
async def test_a_crash_in_the_middle_changes_nothing(
    step: str, here: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 5: all of it is one commit."""
    database = here
    before = await everything(database)

    async def crash(*_: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(erasing, step, crash)
        with pytest.raises(Crash):
            await redact(database, people(), signer=KEY)
    assert await everything(database) == before
    assert await redact(database, people(), signer=KEY) == 2
    assert await verify_all(database) == []


async def test_a_broken_chain_is_not_redacted(here: Database) -> None:
    """A redaction would vouch for what somebody changed."""
    await here.write(lambda connection: connection.execute(text("DROP TRIGGER evidence_no_update")))
    forged = update(table(EvidenceRow)).where(text("chain = 'r1' AND number = 3")).values(actor="U0EVIL")
    await here.write(lambda connection: connection.execute(forged))
    with pytest.raises(CantRedact, match="r1 is broken at record 3"):
        await look(here, ["r1"], people())


async def test_a_signed_chain_gets_no_unsigned_redaction(here: Database) -> None:
    """Verify would name it as forged from then on."""
    with pytest.raises(CantRedact, match=r"r1 is signed and PERCH_SIGNING_KEY isn't set here; nothing was redacted"):
        await redact(here, people())
    archive = Archive(here, Path(here.shown).with_name("archive"))
    (due,) = await archive.due(NOW + timedelta(days=20))
    with pytest.raises(StoreAway, match="is signed and PERCH_SIGNING_KEY isn't set here; measurements stay"):
        await archive.take(due, NOW)
    assert await verify_all(here) == []


async def test_something_saved_meanwhile_stops_it(here: Database) -> None:
    found = await look(here, ["r1"], people(), signs=True)
    rollouts = SqlRollouts(here, Hands(), KEY)
    await rollouts.save(await rollouts.load("r1"), Change())
    with pytest.raises(CantRedact, match="saved meanwhile"):
        await erase(here, found, people(), BECAUSE, KEY)
    assert await verify_all(here) == []


CHANGES = [
    "UPDATE evidence SET body = '{}' WHERE chain = 'r1' AND number = 1",
    "UPDATE evidence SET kind = 'x' WHERE chain = 'r1' AND number = 2",
    "UPDATE evidence SET hash = 'x' WHERE chain = 'r1' AND number = 2",
    "UPDATE evidence SET signature = 'x' WHERE chain = 'r1' AND number = 2",
    "UPDATE evidence SET body = '{}' WHERE chain = 'live'",
    "DELETE FROM evidence WHERE chain = 'r1' AND number = 2",
]


async def test_the_databases_own_guard_lets_only_what_is_named_through(database: Database) -> None:
    await redact(database, people())
    for statement in map(text, CHANGES):
        with pytest.raises((DBAPIError, StoreAway), match="append-only"):
            await database.write(lambda connection, statement=statement: connection.execute(statement))  # type: ignore[misc]


async def test_a_signed_redaction_is_signed_and_old_signatures_hold(here: Database) -> None:
    await redact(here, people(), signer=KEY)
    checked = await check_all(here, keys())
    assert [each.broken for each in checked] == [None, None, None]
    assert sum(each.signing.unsigned for each in checked) == 0
    assert [gone.signed for each in checked for gone in each.redactions] == [True, True]


async def test_archived_measurements_are_written_anew_and_the_old_file_goes(database: Database, tmp_path: Path) -> None:
    """E7, E8: a token in what a source answered."""
    archive = Archive(database, tmp_path / "archive")
    for due in await archive.due(NOW + timedelta(days=20)):
        await archive.take(due, NOW)
    (old,) = (tmp_path / "archive").glob("*.parquet")
    await redact(database, a_token())
    assert await sweep(database) == 1
    (fresh,) = (tmp_path / "archive").glob("*.parquet")
    assert fresh != old
    assert TOKEN not in (await export(database, "r1")).decode("latin-1")
    assert f"401 {REDACTED}" in (await export(database, "r1")).decode("latin-1")
    assert [record.kind for record in await read_chain(database, WORKSPACE)] == [
        "refused",
        "archived",
        "redacted",
        "archived",
    ]
    assert await verify_all(database) == []


def test_the_kill_paths_files_lose_it_where_no_kill_needs_them(tmp_path: Path) -> None:
    """Law 2: a live rollout's card and an act that isn't merged stay."""
    files = KillFolder(tmp_path)
    for id in ("r1", "live"):
        files.keep_card(a_card(id, operators=(WHO,)))
    for key in ("click:1", "click:2"):
        files.begin(an_act(key, by=WHO))
    files.merged("click:1")
    assert scrub_files(tmp_path, ["live"], people()) == (2, 2)
    assert scrub_files(tmp_path, ["live"], people()) == (0, 2)
    card, live = files.card("r1"), files.card("live")
    assert card is not None
    assert live is not None
    assert (card.operators, live.operators) == (("person-1",), (WHO,))
    (done,) = files.done()
    assert (done.by, done.by_name, done.key) == ("person-1", "person-1", "click:1")
    assert [act.by for act in files.spooled()] == [WHO]


def verifier() -> str:
    program = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "bundle.md").read_text(), re.DOTALL)[0]
    return str(program)


async def test_the_verifier_on_the_page_takes_a_redaction_and_names_what_nobody_vouches_for(
    here: Database, tmp_path: Path
) -> None:
    """E7: somebody else's program, by the rule in docs/evidence.md; and ours, on the same files."""
    await redact(here, people(), signer=KEY)
    file = tmp_path / "r1.zip"
    file.write_bytes(await export(here, "r1"))
    assert verify_bundle(file, keys()).redactions[0].signed
    assert "record 2 was redacted, says record 4\nwhole: 4 records" in run_verifier(file)
    with zipfile.ZipFile(file) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    changed = files[RECORDS].replace(b"<@person-1> said so", b"<@person-1> said no")
    file.write_bytes(pack(files | {RECORDS: changed}))
    with pytest.raises(BrokenBundle, match=r"record 2: .*isn't what the redaction left of it"):
        verify_bundle(file, keys())
    assert "record 2 is bad" in run_verifier(file)


def run_verifier(file: Path) -> str:
    done = subprocess.run([sys.executable, "-c", verifier(), str(file)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
