"""Laws 4 and 5: a process that is killed while it saves leaves state, evidence and messages together."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.evidence import verify
from bot.domain.measurements import Measured
from bot.ports import Change
from storage.database import Database, open_database
from storage.measurements import measurements_of
from storage.outbox import SqlOutbox
from storage.rollouts import SqlRollouts
from storage.spool import KillFolder
from storage.verifying import verify_all
from tests.storage.samples import NOW, TREE, Hands, a_rollout, an_act
from tests.waiting import HANGS_S

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


async def killed_while_saving(address: str, after: int, delay_s: float) -> int:
    """Run the writer, kill it some time after its `after`th commit; returns the last revision that it vouched for."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.storage.crashing_writer",
        address,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert writer.stdout is not None
    try:
        async with asyncio.timeout(HANGS_S):
            for _ in range(after):
                assert await writer.stdout.readline()
            # Not waiting for anything: only to land at another point of a save each time.
            await asyncio.sleep(delay_s)
    finally:
        with suppress(ProcessLookupError):
            os.kill(writer.pid, signal.SIGKILL)
    rest = await writer.stdout.read()
    await writer.wait()
    return int(rest.split()[-1]) if rest.split() else 0


async def measured_values(database: Database) -> list[float]:
    async def work(connection: AsyncConnection) -> list[float]:
        measured = [one for _, one in await measurements_of(connection, "r1")]
        return [one.value for one in measured if isinstance(one, Measured)]

    return await database.read(work)


async def test_a_kill_in_the_middle_of_a_save_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    address, chance = f"sqlite:///{tmp_path}/perch.db", random.Random(7)
    database = await open_database(address)
    await SqlRollouts(database, Hands()).create(a_rollout(), TREE, Change())
    await database.aclose()
    told: list[str] = []
    for _ in range(4):
        vouched = await killed_while_saving(address, 5, chance.uniform(0, 0.006))
        database = await open_database(address)
        rollouts = SqlRollouts(database, Hands())
        rollout, records = await rollouts.load("r1"), await rollouts.records("r1")
        saves = list(range(2, rollout.revision + 1))
        assert rollout.revision >= vouched
        assert rollout.reason == f"revision {rollout.revision}"
        assert [record.body["revision"] for record in records] == saves
        assert verify("r1", records, await rollouts.head("r1")) is None
        assert await verify_all(database) == []
        assert await measured_values(database) == saves
        told += await outbox_keys(database)
        assert told == [f"r1:{number}" for number in saves]
        await database.aclose()


async def outbox_keys(database: Database) -> list[str]:
    """Empties the line, as a sender would."""
    outbox, keys = SqlOutbox(database), []
    while due := await outbox.due(NOW, 1):
        keys.append(due[0].outgoing.key)
        await outbox.gave_up(due[0].number, "only counted", NOW)
    return keys


async def test_of_many_processes_one_begins_an_act(tmp_path: Path) -> None:
    """Law 6 without a database."""
    program = (
        "import sys; from pathlib import Path;"
        "from storage.spool import KillFolder; from tests.storage.samples import an_act;"
        "files = KillFolder(Path(sys.argv[1])); sys.stdin.readline();"
        "print(sum(files.begin(an_act(f'click:{n}')) for n in range(50)))"
    )
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            str(tmp_path),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    async with asyncio.timeout(HANGS_S):
        counts = [int(out) for out, _ in await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))]
    assert sum(counts) == 50
    assert len(KillFolder(tmp_path).spooled()) == 50
    assert not KillFolder(tmp_path).begin(an_act("click:7"))
