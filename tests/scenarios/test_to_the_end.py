"""A good version, from the command to the final record; a bad one, back to nothing, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.scenarios.opening import new_story
from tests.scenarios.quick import stage
from tests.scenarios.story import Story, buttons, text

pytestmark = pytest.mark.anyio


async def test_a_good_version_is_approved_by_two_people_and_reaches_everybody(tmp_path: Path) -> None:
    """R3, R10, S1, S2, S4, E1: a reaction and a button, 100 %, a whole record."""
    two = stage("1%", approvals={"need": 2, "not_requester": True})
    async with new_story(tmp_path, stages=[two, stage("100%")]) as story:
        assert "materializers is started" in await story.types("ana", "start materializers 1%")
        status = await story.status("is at 1%, baking")
        assert story.service.weight == 1.0

        gate = await story.gate()
        assert "may go from 1% to 100%" in text(gate)
        assert "approve" in buttons(await story.status("waiting for approval"))
        await story.reacts("ben", gate)
        gate = await story.again(gate, "Approvals: 1 of 2")
        assert story.service.weight == 1.0
        await story.clicks("cleo", gate, "approve")
        assert buttons(await story.again(gate, "approved; it went up")) == set()

        ended = await story.until(State.COMPLETED)
        assert (ended.confirmed.percent, story.service.weight) == (100.0, 100.0)
        final = await story.status("is at 100%, completed")
        assert final["ts"] == status["ts"]
        assert buttons(final) == {"more"}
        await story.thread("is complete at 100%")
        assert await story.whole()


async def test_slow_answers_roll_back_within_one_check_and_say_why(story: Story) -> None:
    """R4, law 1: the trigger, the measured value, the threshold, and what customers got."""
    await story.start()
    story.service.knobs.canary_latency_factor = 20.0
    ended = await story.until(State.ROLLED_BACK)
    assert story.service.weight == 0.0
    assert ended.reason == "latency_p99 > 5s"
    told = await story.thread("was rolled back: 1% → 0%")
    assert "Why: latency_p99 > 5s" in text(told)
    assert "Customers: at most 1%" in text(told)
    assert await story.whole()
