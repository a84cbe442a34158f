"""Whole stories told to the engine: a good canary to 100 %, a bad one down, with the record to show it."""

from pathlib import Path

import pytest

from bot.domain.machine import State
from bot.domain.units import ZERO, Weight
from tests.rig import BEN, CLEO, rig

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("both_databases")]


async def test_a_good_canary_goes_through_every_stage_to_the_end(tmp_path: Path) -> None:
    """R7, E1: start, bake, gate, approval, next stage; completed at 100 % with a whole chain."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        assert rollout.state is State.BAKING
        assert story.traffic[0].weight == Weight(1)
        for weight, person in ((10, BEN), (100, CLEO)):
            rollout = await story.until_gate(rollout)
            rollout = await story.approve(rollout, person)
            assert (rollout.state, story.traffic[0].weight) == (State.BAKING, Weight(weight))
        await story.minutes(6)
        rollout = await story.load(rollout)
        assert (rollout.state, rollout.confirmed) == (State.COMPLETED, Weight(100))
        assert await story.engine.desk.verify(rollout) is None


async def test_a_breach_takes_the_weight_to_zero_within_one_check(tmp_path: Path) -> None:
    """R4, walk 2: a trigger fires, the weight goes to 0 and is read back, the cooldown starts."""
    async with rig(tmp_path) as story:
        rollout = await story.start()
        await story.minutes(1)
        story.numbers.values["errors"] = 6.2
        await story.minutes(1)
        rollout = await story.load(rollout)
        assert (rollout.state, story.traffic[0].weight) == (State.ROLLED_BACK, ZERO)
        assert rollout.reason == "errors > 5%"
        assert rollout.cooldown_until is not None
        kinds = await story.kinds_on_record(rollout)
        assert kinds.index("rolling_back") < kinds.index("applied", kinds.index("rolling_back")) < len(kinds)
