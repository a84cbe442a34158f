"""A burst of load, a Perch that is killed in the middle of it, and a kill from a shell (O6, law 5, law 2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.machine import State
from tests.far_side import serving
from tests.process.plans import plan, stage
from tests.process.town import Town, new_town

pytestmark = pytest.mark.anyio
TOKENS = {"API_TOKEN_USER_1": "t0ken-of-the-first-user", "API_TOKEN_USER_2": "t0ken-of-the-second-user"}
PATIENCE_S = 40


class Flooded:
    """What the burst goes to; it counts."""

    def __init__(self) -> None:
        self.heard = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.heard += 1
        return web.Response(text=request.headers.get("Authorization", ""))

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not what():
                await asyncio.sleep(0.02)

    async def goes_quiet(self) -> None:
        """Until nothing has come for ten times as long as a burst pauses: it stops soon, and what was sent arrives."""
        async with asyncio.timeout(PATIENCE_S):
            heard = -1
            while heard != self.heard:
                heard = self.heard
                await asyncio.sleep(0.5)


async def outcomes(town: Town) -> list[str]:
    records = await town.eyes.records(await town.rollout())
    return [str(each.body["outcome"]) for each in records if each.kind == "task_ended"]


async def test_a_burst_is_not_sent_again_by_itself_and_a_shell_stops_it(tmp_path: Path) -> None:
    """O6, R24: SIGKILL in the middle: no result, held, nothing repeated. A person resumes it; `perch kill` ends it."""
    far = Flooded()
    async with serving(far.answer) as address:
        load = {"url": f"{address}/chat", "requests": 2000, "rate": "20/s", "users_env": list(TOKENS)}
        tasks = [{"name": "burst", "load": load, "expect": ["success_rate > 99%"]}]
        short = plan(stages=[stage("1%", tasks=tasks), stage("50%")], load_hosts=[address.removeprefix("http://")])
        async with new_town(tmp_path, plans=[short]) as town:
            perch = town.new_perch(settings=TOKENS)
            await perch.ready()
            await town.start()
            await far.until(lambda: far.heard >= 3)
            await perch.kill()
            await far.goes_quiet()
            sent = far.heard

            await town.new_perch(settings=TOKENS).ready()
            await town.until(State.HELD)
            assert await outcomes(town) == ["unfinished"]
            assert far.heard == sent

            await town.types("ana", "resume materializers it was the host")
            await far.until(lambda: far.heard > sent + 3)
            assert await town.shell("kill", "materializers", "--reason", "enough").ends() == 0
            await far.goes_quiet()
            await town.until(State.KILLED)
            async with asyncio.timeout(PATIENCE_S):
                while len(found := await outcomes(town)) < 2:
                    await asyncio.sleep(0.05)
            assert found == ["unfinished", "stopped"]
            assert await town.whole()
            written = json.dumps([each.body for each in await town.eyes.records(await town.rollout())])
            assert not [token for token in TOKENS.values() if token in written]
