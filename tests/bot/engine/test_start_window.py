"""A start and its first stage's window: also where it was held in preflight, or preflight took its time (R3)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.freezes import EVERYWHERE
from bot.domain.machine import State
from bot.domain.obstacles import HeldOutsideWindow, ServiceFrozen
from bot.domain.rollout import Rollout
from bot.domain.units import ZERO, Weight
from bot.engine.requests import Start
from bot.ports import Denied
from tests.fakes.traffic import FakeTraffic
from tests.rig import ANA, CLEO, Rig, rig, staged, tree

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


def mornings(**changes: Any) -> dict[str, Any]:
    """The small plan, whose first stage is entered between 8 and 10. Stories begin at 9."""
    return tree(**{"stages": staged(window={"enter": "08:00-10:00"}), **changes})


async def held_in_preflight(here: Rig) -> Rollout:
    """Started, and on hold before the first look."""
    rollout = await _started(here)
    await here.engine.desk.hold(here.request("hold"), rollout.id, "wait for the others", None)
    await here.settle()
    rollout = await here.load(rollout)
    assert (rollout.state, rollout.shifted_at) == (State.HELD, None)
    return rollout


async def _started(here: Rig) -> Rollout:
    request = here.request("start")
    return await here.engine.desk.start(request, Start(plan="materializers", weight=Weight(1), version="v2"))


def touched(here: Rig) -> list[str]:
    return [call for call in here.traffic[0].far.calls if call.startswith("apply")]


class Refusing(FakeTraffic):
    """Answers, and takes no orders to rise."""

    async def apply(self, weight: Weight) -> None:
        if weight > ZERO:
            raise Denied("not today")


async def resume(here: Rig, rollout: Rollout) -> Rollout:
    await here.engine.desk.resume(here.request("resume"), rollout.id, "")
    await here.settle()
    return await here.load(rollout)


@pytest.mark.usefixtures("both_databases")
async def test_a_start_that_was_held_is_resumed_in_its_window_only(tmp_path: Path) -> None:
    """Windows limit what rises: a resume is refused where a start would be, and works where one would."""
    async with rig(tmp_path, mornings()) as here:
        rollout = await held_in_preflight(here)
        here.now += 2 * HOUR
        with pytest.raises(HeldOutsideWindow, match="its window opens Tue 2026-03-03 08:00") as refused:
            await resume(here, rollout)
        assert "stays on hold" in str(refused.value)
        assert refused.value.next_step == "/canary resume materializers"
        await here.minutes(2)
        assert ((await here.load(rollout)).state, touched(here)) == (State.HELD, [])
        here.now += 21 * HOUR
        await here.settle()
        rollout = await resume(here, rollout)
        assert (rollout.state, rollout.confirmed) == (State.BAKING, Weight(1))


async def test_a_preflight_that_outlasts_the_window_is_held_and_told(tmp_path: Path) -> None:
    """Law 1: green too late, it neither rises nor waits there for nobody's morning."""
    metrics = {**tree()["metrics"]}
    metrics["latency"] = {**metrics["latency"], "baseline": {"before_start": "2h"}}
    stages = [{**stage, "warn_unless": ["latency <= baseline + 10%"]} for stage in mornings()["stages"]]
    async with rig(tmp_path, mornings(metrics=metrics, stages=stages)) as here:
        del here.numbers.values["latency"]
        rollout = await here.start()
        assert rollout.state is State.PREFLIGHT
        here.now += HOUR + timedelta(minutes=1)
        here.numbers.values["latency"] = 2.0
        await here.settle()
        rollout = await here.load(rollout)
        assert (rollout.state, touched(here)) == (State.HELD, [])
        assert rollout.hold is not None
        assert (rollout.hold.cause, rollout.hold.owner) == ("window", ANA)
        assert "2026-03-03 08:00 UTC" in rollout.hold.why
        told = [said for said in await here.said() if said.say == "held"]
        assert len(told) == 1
        here.now += 22 * HOUR
        assert (await resume(here, rollout)).state is State.BAKING


async def test_what_asks_for_approvals_is_resumed_at_any_time(tmp_path: Path) -> None:
    """Its gate waits for the window itself."""
    async with rig(tmp_path, mornings(start_approvals={"need": 1})) as here:
        rollout = await held_in_preflight(here)
        here.now += 2 * HOUR
        assert (await resume(here, rollout)).state is State.START_GATE
        assert touched(here) == []


async def test_a_first_raise_that_failed_is_resumed_in_its_window_only(tmp_path: Path) -> None:
    """Held with nothing confirmed, it goes through preflight once more, and the window with it."""
    async with rig(tmp_path, mornings()) as here:
        here.traffic[0] = Refusing()
        rollout = await _started(here)
        await here.settle()
        await here.minutes(1)
        rollout = await here.load(rollout)
        assert (rollout.state, rollout.shifted_at) == (State.HELD, None), rollout.reason
        here.now += 2 * HOUR
        with pytest.raises(HeldOutsideWindow):
            await resume(here, rollout)


async def test_a_start_that_was_held_before_a_freeze_stays_held_under_it(tmp_path: Path) -> None:
    """A freeze limits what rises, whatever was prepared before it; its end resumes nothing."""
    async with rig(tmp_path, mornings()) as here:
        rollout = await held_in_preflight(here)
        frozen = await here.engine.desk.freeze(here.request("freeze", CLEO), EVERYWHERE, "incident", HOUR, ())
        with pytest.raises(ServiceFrozen):
            await resume(here, rollout)
        here.now += 2 * HOUR
        await here.engine.freezing.tend()
        await here.minutes(1)
        assert frozen.freezes
        assert ((await here.load(rollout)).state, touched(here)) == (State.HELD, [])
        with pytest.raises(HeldOutsideWindow):
            await resume(here, rollout)


async def test_a_start_in_preflight_when_a_freeze_begins_moves_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path, mornings()) as here:
        rollout = await _started(here)
        await here.engine.desk.freeze(here.request("freeze", CLEO), EVERYWHERE, "incident", HOUR, ())
        await here.minutes(2)
        assert ((await here.load(rollout)).state, touched(here)) == (State.ABORTED, [])
