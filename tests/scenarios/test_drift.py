"""Law 10 over real targets: whoever moves the weight besides Perch is seen, told, and only ever lowered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from redis.asyncio import Redis

from bot.app import Perch
from bot.domain.machine import State
from bot.sandbox.service.knobs import FlagEndpoint
from bot.sandbox.world import World
from commands.terminal import given
from commands.terminal.evidence import evidence
from storage.backup import back_up
from storage.restore import restore
from tests import servers
from tests.scenarios import quick
from tests.scenarios.opening import new_story, running, settings_of, write_plan
from tests.scenarios.story import Story, eventually, text

pytestmark = pytest.mark.anyio

LONG: dict[str, Any] = {"stages": [quick.stage("1%", bake="1h"), quick.stage("100%")]}


@pytest.mark.waits
async def test_what_others_did_to_the_weight_is_seen(tmp_path: Path) -> None:
    """Law 10, U8. Three stories side by side, each with a Perch and a world of its own: they mostly wait."""
    async with asyncio.TaskGroup() as group:
        for tell in (_an_old_environment, _two_targets_moved_by_hand, _a_restored_backup):
            folder = tmp_path / tell.__name__
            folder.mkdir()
            group.create_task(tell(folder))


async def _all_said(perch: Perch) -> bool:
    """A message that was on its way when the backup was taken would be waited for after the restore."""
    return (await perch.engine.outbox.unsaid())[0] == 0


async def _lowered(story: Story) -> bool:
    """Until it is read back, nobody looks for drift: a flag that refuses then would only hold the lowering up."""
    rollout = await story.rollout()
    return story.service.weight == 1.0 and rollout.intent is None


async def _an_old_environment(tmp_path: Path) -> None:
    """Over HTTP: up to a former value and down to nothing; while it can't be read, that is said."""
    async with new_story(tmp_path, **LONG) as story:
        await story.start()
        story.service.percent = 10.0
        await story.until(State.HELD)
        told = text(await story.thread("10% is real"))
        assert "1% was set" in told
        assert "Perch lowered it to what was approved, and holds" in told
        await eventually(lambda: _lowered(story), "it is lowered, and read back")
        story.service.knobs.flag_endpoint = FlagEndpoint.REFUSING
        assert "drift can't be seen" in text(await story.thread("can't be read since"))
        story.service.percent = 0.0
        story.service.knobs.flag_endpoint = FlagEndpoint.OK
        await story.thread("can be read again, and is 0%")
        assert "Perch holds and touches nothing" in text(await story.thread("1% was set, 0% is real"))
        assert (await story.rollout()).state is State.HELD
        assert story.service.weight == 0.0, "never repaired upward"
        records = await story.perch.engine.desk.records(await story.rollout())
        drifts = [
            (each.body["recorded"], each.body["real"], each.body["did"]) for each in records if each.kind == "drift"
        ]
        assert drifts == [(1.0, 10.0, "lowered"), (1.0, 0.0, "held")]
        assert await story.whole()


async def _two_targets_moved_by_hand(tmp_path: Path) -> None:
    """Two real targets of one rollout: each is looked at, and neither is raised with the other."""
    file = tmp_path / "flags.json"
    file.write_text('{"materializers": {"percent": 0}}')
    with servers.redis(tmp_path) as server:
        traffic = [
            {"kind": "redis_flag", "url": "${FLAGS_URL}", "key": "pct", "absent_is": "0%", "timeout": quick.PATIENCE},
            {"kind": "flag_file", "path": str(file), "key": "materializers.percent", "timeout": quick.PATIENCE},
        ]
        write_plan(tmp_path, quick.plan(traffic=traffic, confirm={"within": "30s"}, **LONG))
        async with World() as world, Redis.from_url(server.url) as redis:
            environment = settings_of(world, tmp_path) | {"FLAGS_URL": server.url}
            async with running(environment) as perch:
                story = Story(world, perch, environment)
                await story.start()
                await redis.set("pct", "40")
                await story.until(State.HELD)
                await story.thread("1% was set, 40% is real")

                async def lowered() -> bool:
                    return await redis.get("pct") == b"1"

                await eventually(lowered, "lowered in Redis")
                file.write_text('{"materializers": {"percent": 0}}')
                await story.thread("1% was set, 0% is real")
                assert await redis.get("pct") == b"1"
                file.write_text('{"materializers": {"percent": "lots"}}')
                assert "flag_file" in text(await story.thread("can't be read since"))
                assert json.loads(file.read_text())["materializers"]["percent"] == "lots"


async def _a_restored_backup(tmp_path: Path) -> None:
    """U8, laws 1 and 10: the weight that went up since is lowered, nothing is said twice, Slack knows more than it."""
    write_plan(tmp_path, quick.plan(stages=[quick.stage("1%"), quick.stage("100%", bake="1h")]))
    file, kept = tmp_path / "perch.db", tmp_path / "kept.db"
    async with World() as world:
        environment = settings_of(world, tmp_path)
        async with running(environment) as perch:
            story = Story(world, perch, environment)
            gate = await story.to_gate()
            await eventually(lambda: _all_said(perch), "everything is said")
            await asyncio.to_thread(back_up, file, kept)
            await story.clicks("ben", gate, "approve")
            await story.until(State.BAKING)
            await story.thread("is promoted")
            status = await story.status("is at 100%")
        await restore(kept, file, perch.engine.ledger.clock())
        async with running(environment) as perch:
            story = Story(world, perch, environment)
            held = await story.rollout()
            assert held.state is State.HELD
            assert held.gate is None
            await story.thread("1% was set, 100% is real")
            await story.seen(lambda: world.service.weight == 1.0)
            answer = await story.clicks_and_reads("cleo", gate, "approve")
            assert answer
            await asyncio.sleep(0)
            assert (await story.rollout()).state is State.HELD
            shown = await story.status("restored from a backup")
            assert shown["ts"] == status["ts"], "the same message, the same thread"
            thread = [text(each) for each in world.workspace.thread("#canary-live", status["ts"])]
            assert sum("is promoted" in each for each in thread) == 1
            assert world.service.weight == 1.0
        verify = ["verify", held.id, "--slack"]
        ran = await asyncio.to_thread(CliRunner().invoke, evidence, verify, obj=given(environment))
        assert ran.exit_code == 1
        assert f"broken: {held.id}, record " in ran.output
        assert "when Slack was told" in ran.output
