"""The weight and the kill switch as keys of a real Redis, which the service would read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.domain.machine import State
from bot.sandbox.world import World
from tests import servers
from tests.scenarios import quick
from tests.scenarios.opening import running, settings_of, write_plan
from tests.scenarios.story import Story, eventually, text

pytestmark = pytest.mark.anyio

WEIGHT, SWITCH = "denis:materializers:pct", "denis:materializers:enabled"
FLAG = {"kind": "redis_flag", "url": "${FLAGS_URL}", "key": WEIGHT, "absent_is": "0%", "timeout": "3s"}
KILL = {"kind": "redis_flag", "url": "${FLAGS_URL}", "key": SWITCH, "off": "0", "on": "1", "timeout": "3s"}
PLAN: dict[str, Any] = {
    "traffic": [FLAG],
    "confirm": {"metric": "materializer_pct", "within": "30s"},
    "kill_switch": [[KILL]],
    "stages": [quick.stage("1%", bake="1h"), quick.stage("100%")],
}


async def _obey(world: World, redis: Redis) -> None:
    """What the service does in production: looks at its flags all the time."""
    while True:
        on = await redis.get(SWITCH) != b"0"
        world.service.percent = float(await redis.get(WEIGHT) or 0) if on else 0.0
        await asyncio.sleep(0.05)


@asynccontextmanager
async def flagged(folder: Path) -> AsyncIterator[tuple[Story, Redis]]:
    """A story whose service follows a real Redis."""
    write_plan(folder, quick.plan(**PLAN))
    with servers.redis(folder) as server:
        async with World() as world, Redis.from_url(server.url) as redis:
            await redis.set(SWITCH, "1")
            obeying = asyncio.create_task(_obey(world, redis))
            environment = settings_of(world, folder) | {"FLAGS_URL": server.url}
            async with running(environment) as perch:
                yield Story(world, perch, environment), redis
            # Again and again: the client's library may lose a cancellation that comes together with an answer.
            while not obeying.done():
                obeying.cancel()
                await asyncio.wait({obeying}, timeout=0.5)


async def test_the_flag_goes_up_the_kill_switch_goes_off_and_both_are_put_back(tmp_path: Path) -> None:
    """T3, T9: the keys as they are in Redis; measured at 0 by the service itself."""
    async with flagged(tmp_path) as (story, redis):
        await story.start()
        assert await redis.get(WEIGHT) == b"1"
        assert story.service.weight == 1.0
        await story.types("ben", "kill materializers the new workers lose jobs")
        await story.until(State.KILLED)
        assert (await redis.get(WEIGHT), await redis.get(SWITCH)) == (b"0", b"0")
        told = text(await story.thread("is killed."))
        assert "materializers:enabled: off, read back" in told
        assert "not measured" not in told
        await story.types("ana", "rearm materializers")
        assert await redis.get(SWITCH) == b"1"


async def test_a_redis_that_goes_away_holds_the_rollout_where_it_is(tmp_path: Path) -> None:
    """Law 10, law 3: what can't be read isn't taken for drift; the way down is tried until it's there."""
    async with flagged(tmp_path) as (story, redis):
        await story.start()
        await redis.client_pause(1500)
        rollout = await story.rollout()
        assert rollout.confirmed.percent == 1.0

        async def checked_again() -> bool:
            fresh = await story.rollout()
            return fresh.revision > rollout.revision + 1

        await eventually(checked_again, "two more checks")
        assert "drift" not in await story.record()
        await story.types("ben", "rollback materializers")
        await story.until(State.ROLLED_BACK)
        assert await redis.get(WEIGHT) == b"0"
