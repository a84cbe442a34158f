"""The weight and the kill switch as variables of a Deployment, on the contract server; the service follows its pods."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from bot.sandbox.world import World
from tests.adapters.traffic.far_sides.kubernetes_worlds import environment_of, variables
from tests.fakes.kubernetes.controller import Step, ended, waiting
from tests.fakes.kubernetes.server import TOKEN, ApiServer, api_server, deployment
from tests.scenarios import quick
from tests.scenarios.opening import running, settings_of, write_plan
from tests.scenarios.story import Story, eventually, text

pytestmark = pytest.mark.anyio

DENIS: dict[str, Any] = {"kind": "kubernetes_env", "namespace": "denis", "deployment": "denis", "force": True}
WORKERS = {"kind": "kubernetes_scale", "namespace": "denis", "deployment": "denis-workers", "force": True}
PLAN: dict[str, Any] = {
    "traffic": [DENIS | {"variable": "PCT", "rollout": "2s"}],
    "confirm": {"metric": "materializer_pct", "within": "30s"},
    "kill_switch": [[DENIS | {"variable": "ENABLED", "off": "false", "on": "true"}], [WORKERS]],
    "stages": [quick.stage("1%", bake="1h"), quick.stage("100%")],
}


async def _obey(world: World, api: ApiServer) -> None:
    """What the pods do in production: each serves what its own template says."""
    while True:
        pods = [each for each in api.controllers["denis"].sets if each["status"]["replicas"]]
        shares = [
            {each["name"]: each["value"] for each in made["spec"]["template"]["spec"]["containers"][0]["env"]}
            for made in pods
        ]
        world.service.percent = max(float(each["PCT"]) if each["ENABLED"] == "true" else 0.0 for each in shares)
        await asyncio.sleep(0.05)


@asynccontextmanager
async def deployed(folder: Path) -> AsyncIterator[tuple[Story, ApiServer]]:
    """A story whose service is a Deployment."""
    write_plan(folder, quick.plan(**PLAN))
    async with World() as world, api_server() as api:
        api.create("deployments", deployment("denis", {"PCT": "0", "ENABLED": "true"}))
        api.create("deployments", deployment("denis-workers", {}))
        obeying = asyncio.create_task(_obey(world, api))
        environment = settings_of(world, folder) | environment_of(folder, api)
        async with running(environment) as perch:
            yield Story(world, perch, environment), api
        obeying.cancel()
        await asyncio.gather(obeying, return_exceptions=True)


async def test_a_variable_goes_up_the_kill_switch_goes_off_and_both_are_put_back(tmp_path: Path) -> None:
    """T1, T9, E2: what the API server said before and after is on record; the second tier isn't needed."""
    async with deployed(tmp_path) as (story, api):
        await story.start()
        assert variables(api) == {"PCT": "1", "ENABLED": "true"}
        records = await story.perch.engine.desk.records(await story.rollout())
        [applied] = [each.body for each in records if each.kind == "applied"]
        assert (applied["before"], applied["after"]) == (['PCT = "0"; 3 of 3 pods'], ['PCT = "1"; 3 of 3 pods'])
        await story.types("ben", "kill materializers the new workers lose jobs")
        await story.until(State.KILLED)
        assert variables(api) == {"PCT": "0", "ENABLED": "false"}
        told = text(await story.thread("is killed."))
        assert "kubernetes denis/denis ENABLED: off, read back" in told
        assert api.body("deployments", "denis-workers")["spec"]["replicas"] == 3
        await story.types("ana", "rearm materializers")
        assert variables(api)["ENABLED"] == "true"
        assert TOKEN not in repr(await story.perch.engine.desk.records(await story.rollout()))


async def test_a_roll_out_that_crashes_is_taken_back_and_told_with_its_pod(tmp_path: Path) -> None:
    """T1: half-applied: the variable was set, its pods never came."""
    crash = waiting("CrashLoopBackOff", restartCount=2, lastState=ended("OOMKilled", 137))
    async with deployed(tmp_path) as (story, api):
        real = api.look

        def look(name: str) -> None:
            """Every template that says 1 % crashes."""
            broken = name == "denis" and variables(api)["PCT"] == "1"
            api.script = [Step(updated=1, available=0, old=3, container=crash) if broken else Step()]
            real(name)

        api.look = look  # type: ignore[method-assign]
        await story.types("ana", "start materializers 1% version=abc1234")
        told = text(await story.thread("was not confirmed"))
        assert "pod denis-2-a: CrashLoopBackOff (OOMKilled, exit code 137, 2 restarts)" in told
        await story.until(State.HELD)

        async def back() -> bool:
            return variables(api)["PCT"] == "0" and story.service.weight == 0.0

        await eventually(back, "it is back at nothing")
