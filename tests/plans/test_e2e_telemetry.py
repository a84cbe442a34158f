"""`plans/docstokg-telemetry.yaml` as it ships: ten weeks, a rollback to the pilot, a leak, and a kill (R2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.plans.far.docstokg import SWITCH, Telemetry, telemetry
from tests.plans.played import Played, climbed, played, the_plan
from tests.rig import BEN

pytestmark = pytest.mark.anyio
MONDAY = datetime(2025, 10, 20, 9, 0, tzinfo=UTC)


@asynccontextmanager
async def the_rollout(folder: Path) -> AsyncIterator[tuple[Played, Telemetry]]:
    plan = the_plan("docstokg-telemetry")
    async with telemetry(folder, plan, MONDAY) as far, played(folder, plan, far.environment, MONDAY) as story:
        far.flags.append(story.engine.flags)
        await story.engine.flags.refresh()
        story.goes_on.append(far.goes_on)
        yield story, far


async def test_pilot_ramp_and_production_are_completed(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        rollout = await story.start()
        assert (rollout.state, rollout.confirmed.percent) == (State.BAKING, 10.0), rollout.preflight
        await story.engine.flags.refresh()
        former = far.telling()
        assert (abs(len(former) - 40) < 25, far.exporter) == (True, "inactive")
        for share in (200, 400):
            await climbed(story)
            now = far.telling()
            assert (abs(len(now) - share) < 40, former <= now, far.exporter) == (True, True, "active")
            former = now
        await story.nearly_baked()
        await story.until(State.COMPLETED)
        assert await story.confirmed() == [10.0, 50.0, 100.0]
        assert (far.exporter, far.datasource) == ("active", "http://prometheus:9090"), "they stay"
        await story.evidence_is_whole()


async def test_a_raw_address_takes_it_back_and_the_exporter_with_it(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        await story.start()
        await climbed(story)
        far.does("INSERT INTO http_events VALUES ('a.org', 200, 'https://a.org/paper?user=7', 0)")
        rollout = await story.until(State.ROLLED_BACK, State.HELD)
        await story.engine.flags.refresh()
        assert rollout.confirmed.percent == 10.0
        assert (abs(len(far.telling()) - 40) < 25, far.exporter) == (True, "inactive")
        assert far.datasource == "http://old-prometheus:9090"
        await story.evidence_is_whole()


async def test_a_kill_ends_it_exporter_included(tmp_path: Path) -> None:
    async with the_rollout(tmp_path) as (story, far):
        await story.start()
        await climbed(story)
        await story.engine.desk.kill(story.request("kill", BEN), story.id, "the manifest is locked")
        await story.until(State.KILLED, step_s=5)
        await story.engine.flags.refresh()
        assert (far.variable(SWITCH), far.telling(), far.exporter) == ("0", set(), "inactive")
        await story.evidence_is_whole()
