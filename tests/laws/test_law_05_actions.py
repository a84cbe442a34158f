"""Law 5 for actions (R20): Perch dies by SIGKILL around each of them, and nothing is forgotten on the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.domain.actions import Done
from bot.domain.machine import State
from tests.laws.crashed import People, a_rollback, lived
from tests.process.plans import stage
from tests.process.points import Fault

pytestmark = pytest.mark.anyio

POINTS = [
    Fault("after effect.begin"),
    Fault("after effect.end"),
]
"""In the order in which one story passes them; each ends a life."""


async def test_killed_around_each_action_on_the_way_up_and_back(tmp_path: Path) -> None:
    """Laws 1, 4 and 5: on record before it is done, done before the traffic moves, and taken back to the last one."""
    flags = tmp_path / "flags.json"
    flags.write_text('{"exporter": "off", "datasource": "legacy"}')
    spot = {"kind": "flag_file", "path": str(flags)}
    before = [
        {**spot, "key": "exporter", "to": "on", "back": "off"},
        {**spot, "key": "datasource", "to": "new", "back": "legacy"},
    ]
    seen: list[dict[str, str]] = []

    async def up_and_back(people: People) -> None:
        await people.start()
        seen.append(json.loads(flags.read_text()))
        await a_rollback(people)

        async def gone() -> bool:
            rollout = await people.rollout()
            return rollout is not None and {act.how for act in rollout.acts} == {Done.GONE} and not rollout.watched

        await people.see(gone, "all is taken back")

    stages = [stage("1%", before=before), stage("50%", bake="1h")]
    async with lived(tmp_path / "town", up_and_back, [[fault] for fault in POINTS], stages=stages) as (lives, wrong):
        assert not wrong
        assert not lives.unmet
        rollout = next(iter(await lives.town.eyes.latest(limit=1)))
        assert rollout.state is State.ROLLED_BACK
    assert seen == [{"exporter": "on", "datasource": "new"}]
    assert json.loads(flags.read_text()) == {"exporter": "off", "datasource": "legacy"}
