"""The restore drill (E8): a backup taken while Perch works is put back after everything was lost; and the drill that
docs/operating.md shows works as it stands there."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
import subprocess
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.assembly import utc_now
from bot.domain.machine import State
from bot.domain.measurements import Measured
from bot.engine.restored import hold_what_was_restored
from bot.ports import Change
from commands.terminal import given, perch
from storage.archive.archiving import Archive
from storage.backup import back_up
from storage.bundle import export
from storage.bundle_check import verify_bundle
from storage.restore import restore
from storage.verifying import verify_all
from tests.commands.terminal.shop import Shop
from tests.storage.samples import a_rollout, an_entry

PAGE = (Path(__file__).parents[3] / "docs" / "operating.md").read_text(encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.begin()
    return shop


async def archived(shop: Shop) -> bytes:
    """A rollout that ended a month ago, its measurements archived; returns its bundle."""
    async with shop.engine() as engine:
        now = utc_now()
        live = (await engine.rollouts.live())[0]
        tree, then = await engine.rollouts.tree(live.plan_digest), now - timedelta(days=30)
        old = a_rollout("old", plan_digest=live.plan_digest, started_at=then, due_at=then)
        old = await engine.rollouts.create(old, tree, Change(evidence=(an_entry("started"),)))
        for second in range(5):
            measured = Measured(second / 3, then + timedelta(seconds=second))
            old = await engine.rollouts.save(old, Change(measured={"errors": measured}))
        over = old.but(state=State.COMPLETED, ended_at=then + timedelta(minutes=1))
        await engine.rollouts.save(over, Change(evidence=(an_entry("completed"),)))
        database = engine.rollouts._database
        archive = Archive(database, shop.folder / "state" / "archive")
        for due in await archive.due(now - timedelta(days=14)):
            await archive.take(due, now)
        return await export(database, "old")


async def backed_up_while_saving(shop: Shop, file: Path) -> int:
    """A backup in the middle of saves; returns the newest revision that was acknowledged before it began."""
    async with shop.engine() as engine:
        rollouts = engine.rollouts
        live = (await rollouts.live())[0]

        async def save_for_ever() -> None:
            nonlocal live
            while True:
                live = await rollouts.save(live, Change(evidence=(an_entry("saved", revision=live.revision + 1),)))

        saving = asyncio.create_task(save_for_ever())
        while live.revision < 20:
            await asyncio.sleep(0)
        before = live.revision
        await asyncio.to_thread(back_up, shop.database, file)
        saving.cancel()
        with suppress(asyncio.CancelledError):
            await saving
        return before


async def test_after_a_loss_everything_is_held_whole_and_found(shop: Shop, tmp_path: Path) -> None:
    """E8, law 9, law 10: archived measurements included, from a copy of their folder that lies elsewhere."""
    bundle = await archived(shop)
    kept = tmp_path / "kept"
    kept.mkdir()
    acknowledged = await backed_up_while_saving(shop, kept / "backup.db")
    shutil.copytree(tmp_path / "state" / "archive", kept / "archive")
    shop.lose_the_database()
    shutil.rmtree(tmp_path / "state")
    await restore(kept / "backup.db", shop.database, utc_now())
    async with shop.engine() as engine:
        engine.rollouts._database.archive = kept / "archive"
        await hold_what_was_restored(engine.ledger, engine.files, engine.equipment)
        live = (await engine.rollouts.live())[0]
        assert live.state is State.HELD
        assert live.hold is not None
        assert live.hold.cause == "restored"
        assert live.revision > acknowledged
        assert await verify_all(engine.rollouts._database) == []
        assert await export(engine.rollouts._database, "old") == bundle


def test_the_drill_on_the_page_works_as_it_stands(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """E8: what a person types, line by line."""
    bundle = asyncio.run(archived(shop))
    monkeypatch.chdir(tmp_path)
    (lines,) = re.findall(r"```sh\n# The drill\n(.*?)```", PAGE, re.DOTALL)
    environment = dict(shop.environment)
    said = ""
    for line in filter(None, map(str.strip, lines.replace("NAME", "old").splitlines())):
        words = shlex.split(line, comments=True)
        if words[0] == "export":
            environment |= dict(word.split("=", 1) for word in words[1:])
        elif words[0] == "perch":
            done = CliRunner().invoke(perch, words[1:], obj=given(environment))
            assert done.exit_code == 0, (line, done.output)
            said += done.output
        else:
            subprocess.run(["sh", "-ec", line], env={"PATH": "/usr/bin:/bin", **environment}, check=True)
    assert "sound: " in said
    assert "whole: all 3 chains" in said
    assert Path("drill/bundle.zip").read_bytes() == bundle
    assert verify_bundle(Path("drill/bundle.zip")).rollout == "old"
    assert shop.load("shop-1").state is State.BAKING


pytestmark = pytest.mark.anyio
