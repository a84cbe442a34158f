"""A service asks Perch itself which side it is on, from a dark launch to a kill (T10, R8), over real sockets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scenarios import quick
from tests.scenarios.opening import new_story
from tests.scenarios.story import PLAN, eventually

pytestmark = pytest.mark.anyio

FLAG = {"kind": "openfeature", "key": "materializers", "cohort": ["lisa"]}
CALM = {"promote_when": ["queue_depth < 300"], "warn_unless": [], "rollback_when": []}


async def test_a_service_follows_a_flag_from_the_dark_launch_to_the_kill(tmp_path: Path) -> None:
    stages = [quick.stage("0%", mirror="100%", **CALM), quick.stage("50%", **CALM), quick.stage("100%", **CALM)]
    plan: dict[str, Any] = {
        "traffic": [FLAG],
        "kill_switch": [[{"kind": "openfeature", "key": "materializers"}]],
        "killed_when": [],
        "confirm": {"within": "10s"},
        "stages": stages,
    }
    async with (
        new_story(tmp_path, **plan) as story,
        httpx.AsyncClient(verify=False, base_url=story.perch.address, trust_env=False) as service,
    ):

        async def answer(user: str) -> tuple[Any, Any]:
            asked = {"context": {"targetingKey": user}}
            said = (await service.post("/ofrep/v1/evaluate/flags/materializers", json=asked)).json()
            return said["value"], said["metadata"]["mirror"]

        def answers(user: str, wanted: tuple[Any, Any]) -> Any:
            async def ask() -> bool:
                return await answer(user) == wanted

            return eventually(ask, f"{user} is answered {wanted}")

        assert await answer("lisa") == (False, False)
        await story.types("ana", f"start {PLAN} 50%")
        await answers("lisa", (False, True))
        gate = await story.gate()
        assert "0%, 100% mirrored" in str(await story.status("gate"))
        await story.clicks("ben", gate, "approve")
        await answers("lisa", (True, False))
        shares: list[tuple[Any, Any]] = []

        async def mirrored_no_more() -> bool:
            shares[:] = [await answer(f"user-{number}") for number in range(100)]
            return not any(mirror for _, mirror in shares)

        await eventually(mirrored_no_more, "nobody's request is mirrored")
        assert 25 < shares.count((True, False)) < 75
        assert shares.count((False, False)) == 100 - shares.count((True, False))
        await story.types("ana", f'kill {PLAN} reason="enough"')
        await answers("lisa", (False, False))
        await story.status("killed")
        page = (await service.get("/metrics")).text
        assert 'perch_flag_decisions_total{flag="materializers",variant="canary"}' in page
