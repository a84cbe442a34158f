"""Law 6: repeated, retried and doubled alerts act once, over restarts and processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from tests.commands.web.alertmanager.knocking import Knocker, an_alert, baking, kinds, listening
from tests.rig import ANA, Rig, again

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("action", "record"), [("rollback", "rolling_back"), ("kill", "killing"), ("hold", "held")])
async def test_repeated_retried_and_doubled_alerts_act_once(here: Rig, door: Knocker, action: str, record: str) -> None:
    """Law 6."""
    rollout = await baking(here)
    alert = an_alert(action)
    first = await door.told(alert, alert, alert)
    assert [each["did"] for each in first] == [action] * 3
    again = await asyncio.gather(*(door.told(alert, alert) for _ in range(4)))
    # "nothing" where it has come down by then, and isn't live any more.
    assert {each["did"] for answers in again for each in answers} <= {"repeated", "nothing"}
    assert await kinds(here, rollout.id, record) == 1
    heard = [record.body["did"] for record in await here.engine.rollouts.records(WORKSPACE)]
    assert heard.count(action) == 1


async def test_a_hold_that_a_person_resumed_is_not_taken_again_by_a_repeated_alert_and_is_by_a_new_one(
    here: Rig, door: Knocker
) -> None:
    """Law 6."""
    rollout = await baking(here)
    await door.told(an_alert("hold"))
    await here.engine.desk.resume(here.request("resume", ANA), rollout.id, "")
    assert (await door.told(an_alert("hold")))[0]["did"] == "repeated"
    assert (await here.load(rollout)).state is State.BAKING
    assert (await door.told(an_alert("hold", since="09:30")))[0]["did"] == "hold"
    assert (await here.load(rollout)).state is State.HELD


async def test_a_repeated_alert_acts_once_across_a_restart(here: Rig, door: Knocker, tmp_path: Path) -> None:
    """Laws 5 and 6."""
    rollout = await baking(here)
    await door.told(an_alert("hold"))
    await here.engine.desk.resume(here.request("resume", ANA), rollout.id, "")
    async with again(here, tmp_path) as next_one, listening(next_one) as next_door:
        assert (await next_door.told(an_alert("hold")))[0]["did"] == "repeated"
        assert (await next_one.load(rollout)).state is State.BAKING


@pytest.mark.usefixtures("both_databases")
async def test_the_same_alert_to_two_processes_at_once_is_one_transition_and_one_record(
    here: Rig, door: Knocker, tmp_path: Path
) -> None:
    """Law 6, over all processes: Alertmanagers come in pairs, and so does Perch."""
    rollout = await baking(here)
    async with again(here, tmp_path) as beside, listening(beside) as other_door:
        await asyncio.gather(*(each.told(an_alert()) for each in (door, other_door) for _ in range(3)))
        await beside.settle()
        await here.minutes(1)
        assert await kinds(here, rollout.id, "rolling_back") == 1
        assert (await here.load(rollout)).state is State.ROLLED_BACK
