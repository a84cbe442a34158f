"""Law 10 and U8: an older backup is put back. All that is live starts held, nothing rises, what was killed stays so."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import PerchError
from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine import restored
from bot.ports import Delivery
from storage.backup import back_up
from storage.database import open_database
from storage.restore import mark_restored, restore
from tests.fakes.traffic import Trouble
from tests.postgres import put_address
from tests.rig import BEN, CLEO, Rig, again, rig, tree
from tests.servers import require

pytestmark = pytest.mark.anyio

TWO = {"need": 2, "not_requester": True}
PLAN = tree(stages=[{**stage, "approvals": TWO} for stage in tree()["stages"]], confirm={"within": "300ms"})
Deed = Callable[[Rig, Rollout], Awaitable[None]]


# ---- where the backup was taken, and what happened since ---------------------------------------------------------


async def bakes(story: Rig, rollout: Rollout) -> None:
    await story.minutes(1)


async def waits_half_approved(story: Rig, rollout: Rollout) -> None:
    await story.approve(await story.until_gate(rollout), BEN)


async def is_held(story: Rig, rollout: Rollout) -> None:
    await story.engine.desk.hold(story.request("hold"), rollout.id, "lunch", None)


async def is_shifting(story: Rig, rollout: Rollout) -> None:
    """The raise is on record and hasn't landed."""
    await waits_half_approved(story, rollout)
    story.traffic[0].far.trouble = Trouble.HANG
    request = story.request("approve", CLEO, surface="button", gate=(await story.load(rollout)).gate.id)  # type: ignore[union-attr]
    await story.engine.desk.approve(request, rollout.id)
    assert (await story.load(rollout)).state is State.SHIFTING


async def bakes_at_ten(story: Rig, rollout: Rollout) -> None:
    await waits_half_approved(story, rollout)
    assert (await story.approve(rollout, CLEO)).confirmed == Weight(10)
    await story.minutes(1)


async def nothing(story: Rig, rollout: Rollout) -> None:
    story.traffic[0].far.trouble = None


async def went_up(story: Rig, rollout: Rollout) -> None:
    story.traffic[0].far.trouble = None
    await story.minutes(1)
    fresh = await story.load(rollout)
    if fresh.state is State.HELD:
        await story.engine.desk.resume(story.request("resume"), rollout.id, "")
    while (await story.load(rollout)).state is not State.GATE:
        await story.minutes(1)
    gate = (await story.load(rollout)).gate
    if gate is not None and not gate.approvals:
        await story.approve(rollout, BEN)
    assert (await story.approve(rollout, CLEO)).state is State.BAKING


async def rolled_back(story: Rig, rollout: Rollout) -> None:
    story.traffic[0].far.trouble = None
    await story.engine.desk.rollback(story.request("rollback"), rollout.id, "bad")
    await story.minutes(1)
    assert story.traffic[0].weight == ZERO


async def killed(story: Rig, rollout: Rollout) -> None:
    story.traffic[0].far.trouble = None
    await story.engine.desk.kill(story.request("kill"), rollout.id, "fire")
    await story.minutes(0.1, step_s=2)
    assert (await story.load(rollout)).state is State.KILLED


BACKUPS: tuple[Deed, ...] = (bakes, waits_half_approved, is_held, is_shifting, bakes_at_ten)
PAIRS: tuple[tuple[Deed, Deed], ...] = (
    *((backup, nothing) for backup in BACKUPS),
    *((backup, killed) for backup in (bakes, is_shifting)),
    (bakes, went_up),
    (waits_half_approved, went_up),
    (is_shifting, rolled_back),
    (bakes_at_ten, rolled_back),
)


@asynccontextmanager
async def put_back(
    folder: Path, backup: Deed, since: Deed, *, files: bool = True, plan: dict[str, Any] = PLAN
) -> AsyncIterator[tuple[Rig, Rollout]]:
    """A new process over the backup, just started; `files`: the kill's own files are still there."""
    async with rig(folder, plan) as story:
        rollout = await story.start()
        await backup(story, rollout)
        await asyncio.to_thread(back_up, folder / "perch.db", folder / "kept.db")
        await since(story, rollout)
    await restore(folder / "kept.db", folder / "perch.db", story.now)
    if not files:
        for kind in ("cards", "spool", "done"):
            for file in (folder / "state" / kind).iterdir():
                file.unlink()
    for traffic in story.traffic:
        traffic.far.calls.clear()
    async with again(story, folder) as later:
        await take_up(later)
        yield later, await later.load(rollout)


async def take_up(story: Rig) -> None:
    """As the start does, before any door opens."""
    engine = story.engine
    assert await engine.rollouts.restored()
    await restored.hold_what_was_restored(engine.ledger, engine.files, engine.equipment)
    await engine.rollouts.acknowledge_restored()


def asked(story: Rig) -> list[float]:
    calls = [call for traffic in story.traffic for call in traffic.far.calls]
    return [float(call.split()[1].rstrip("%")) for call in calls if call.startswith("apply")]


@pytest.mark.parametrize(("backup", "since"), PAIRS, ids=lambda deed: deed.__name__)
async def test_nothing_rises_by_itself_after_a_restore(tmp_path: Path, backup: Deed, since: Deed) -> None:
    """Law 10: held or on its way down; what's above the record is lowered, what's below is left; both are told."""
    async with put_back(tmp_path, backup, since) as (story, rollout):
        real = story.traffic[0].weight
        assert rollout.state in (State.HELD, State.KILLING)
        assert rollout.gate is None
        await story.minutes(20)
        rollout = await story.load(rollout)
        assert rollout.state is (State.KILLED if since is killed else State.HELD)
        assert story.traffic[0].weight == min(real, rollout.confirmed)
        assert all(weight <= real.percent for weight in asked(story)), "nothing was asked for above what stood"
        kinds = await story.kinds_on_record(rollout)
        assert ("drift" in kinds) is (real != rollout.confirmed or story.traffic[0].weight != real), kinds
        assert await story.engine.desk.verify(rollout) is None
        assert "restored" in [each.kind for each in await story.engine.rollouts.records(WORKSPACE)]


async def test_an_old_gate_and_its_approvals_are_of_no_use(tmp_path: Path) -> None:
    """Laws 1 and 6: a late click on the old card, and the approval in the backup, lift nothing."""
    async with put_back(tmp_path, waits_half_approved, nothing) as (story, rollout):
        records = await story.engine.rollouts.records(rollout.id)
        gate = next(record.body["gate"] for record in records if record.kind == "gate")
        with pytest.raises(PerchError):
            await story.engine.desk.approve(story.request("approve", CLEO, surface="button", gate=gate), rollout.id)
        await story.engine.desk.resume(story.request("resume"), rollout.id, "it is fine")
        await story.minutes(3)
        fresh = await story.load(rollout)
        assert fresh.state is State.GATE
        assert fresh.gate is not None
        assert fresh.gate.id != gate
        assert fresh.gate.approvals == (), "each approval is asked for again"
        assert (await story.approve(rollout, CLEO)).state is State.GATE


async def test_what_was_killed_stays_killed_though_the_kills_files_are_lost(tmp_path: Path) -> None:
    """The kill switch itself says so: a restore on another machine finds it engaged."""
    async with put_back(tmp_path, bakes, killed, files=False) as (story, rollout):
        await story.minutes(1)
        rollout = await story.load(rollout)
        assert rollout.state is State.KILLED
        assert "kill switch is engaged" in rollout.reason
        with pytest.raises(PerchError, match="kill switch of materializers is engaged"):
            await story.start()


async def test_a_kill_on_file_keeps_its_person_and_reason(tmp_path: Path) -> None:
    async with put_back(tmp_path, bakes, killed) as (_, rollout):
        assert rollout.kill is not None
        assert (rollout.kill.by.id, rollout.kill.reason) == ("U0ANA", "fire")


async def completes(story: Rig, rollout: Rollout) -> None:
    await story.minutes(8)
    assert (await story.load(rollout)).state is State.COMPLETED


async def test_what_was_completed_in_the_backup_and_killed_since_stays_killed(tmp_path: Path) -> None:
    async with put_back(tmp_path, completes, killed, plan=tree(stages=tree()["stages"][:1])) as (story, rollout):
        await story.minutes(1)
        assert (await story.load(rollout)).state is State.KILLED
        assert (story.traffic[0].weight, story.kills[0].standing) == (ZERO, "off")


async def test_a_kill_of_a_rollout_that_the_backup_does_not_know_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with rig(tmp_path, PLAN) as story:
        await asyncio.to_thread(back_up, tmp_path / "perch.db", tmp_path / "kept.db")
        await killed(story, await story.start())
    await restore(tmp_path / "kept.db", tmp_path / "perch.db", story.now)
    async with again(story, tmp_path) as later:
        await take_up(later)
    assert "materializers was started and killed after the backup was taken" in caplog.text


async def test_what_was_pending_in_the_backup_is_neither_done_nor_said_again(tmp_path: Path) -> None:
    """An old start and old messages were dealt with since; what begins the thread is looked for."""
    async with rig(tmp_path, PLAN) as story:
        rollout = await story.start()
        await story.minutes(1)
        await story.engine.inbox.take(Delivery(key="click:1", request={"verb": "start"}, at=story.now))
        old = {queued.outgoing.key for queued in await story.engine.outbox.due(story.now, 100)}
        assert old
        await asyncio.to_thread(back_up, tmp_path / "perch.db", tmp_path / "kept.db")
    done = await restore(tmp_path / "kept.db", tmp_path / "perch.db", story.now)
    assert done.requests == 1
    assert done.messages > 0
    async with again(story, tmp_path) as later:
        await take_up(later)
        assert await later.engine.inbox.waiting() == []
        said = {}
        while batch := await later.engine.outbox.due(later.now, 100):
            for queued in batch:
                said[queued.outgoing.key] = queued
                await later.engine.outbox.said(queued.number, None, later.now)
        root = f"status:{rollout.id}"
        assert said[root].uncertain, "looked for in Slack before it is posted"
        posts = {queued.outgoing.say for key, queued in said.items() if not queued.outgoing.edits and key != root}
        assert posts == {"held"}, "what is said is what is true now"


async def test_a_database_put_back_by_hand_is_noticed_by_its_kill_cards(tmp_path: Path) -> None:
    """Somebody copied an old file over it, and no mark says so: the card of the last raise is of a later revision."""
    async with rig(tmp_path, PLAN) as story:
        rollout = await story.start()
        await bakes(story, rollout)
        engine = story.engine
        assert not await restored.older_than_its_cards(engine.ledger, engine.files)
        await asyncio.to_thread(back_up, tmp_path / "perch.db", tmp_path / "kept.db")
        await bakes_at_ten(story, rollout)
    (tmp_path / "kept.db").replace(tmp_path / "perch.db")
    for journal in tmp_path.glob("perch.db-*"):
        journal.unlink()
    async with again(story, tmp_path) as later:
        engine = later.engine
        assert await engine.rollouts.restored() is None
        assert await restored.older_than_its_cards(engine.ledger, engine.files)
        await engine.rollouts.mark_restored()
        await take_up(later)
        assert (await later.load(rollout)).state is State.HELD
        assert not await restored.older_than_its_cards(engine.ledger, engine.files), "once: later starts are ordinary"


async def test_holding_again_after_a_crash_in_the_middle_changes_nothing_more(tmp_path: Path) -> None:
    async with put_back(tmp_path, is_held, nothing) as (story, rollout):
        assert rollout.hold is not None
        assert rollout.hold.why == f"{restored.WHY}; before that: lunch"
        engine = story.engine
        await restored.hold_what_was_restored(engine.ledger, engine.files, engine.equipment)
        assert (await story.load(rollout)).hold == rollout.hold


async def test_a_postgresql_put_back_by_its_own_tools_starts_held(tmp_path: Path, postgres_database: str) -> None:
    """U8: pg_dump and pg_restore, and `perch db restored` says that it was so."""
    put_address(tmp_path, postgres_database)
    kept = str(tmp_path / "kept.dump")
    async with rig(tmp_path, PLAN) as story:
        rollout = await story.start()
        await waits_half_approved(story, rollout)
        await _tool("pg_dump", "-Fc", "-f", kept, postgres_database)
        assert (await story.approve(rollout, CLEO)).confirmed == Weight(10)
    await _tool("pg_restore", "--clean", "--if-exists", "-d", postgres_database, kept)
    database = await open_database(postgres_database)
    marked = await mark_restored(database, story.now)
    await database.aclose()
    assert marked.messages > 0
    async with again(story, tmp_path) as later:
        await take_up(later)
        await later.minutes(3)
        fresh = await later.load(rollout)
        assert (fresh.state, fresh.gate, later.traffic[0].weight) == (State.HELD, None, Weight(1))
        assert "drift" in await later.kinds_on_record(rollout)
        assert await later.engine.desk.verify(rollout) is None


async def _tool(name: str, *words: str) -> None:
    words = (require(name), *words)
    ran = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
