"""A gate with a checklist, over real sockets: ticked by two people, approved, and not a moment earlier (R19, S9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.machine import State
from tests.scenarios.opening import new_story
from tests.scenarios.quick import stage
from tests.scenarios.story import Story, text

pytestmark = pytest.mark.anyio

ITEMS = ["dashboard looked at", {"item": "customers told", "by": "@sre-leads"}, {"auto": "queue_depth < 300"}]
STAGES = [stage("1%", checklist=ITEMS, checkpoints=[{"at": "500ms", "acknowledge": "@sre-leads"}]), stage("100%")]


@pytest.mark.waits
async def test_nothing_rises_before_the_checklist_is_ticked_and_it_does_then(tmp_path: Path) -> None:
    """R19: the approval alone moves nothing, and says what is missing."""
    async with new_story(tmp_path, stages=STAGES) as story:
        await story.start()
        await _acknowledged(story)
        gate = await story.gate()
        await story.clicks("ana", gate, "tick.1")
        assert "may not tick 'customers told'" in await story.clicks_and_reads("ana", gate, "tick.2")
        gate = await story.again(gate, "Checklist: 2 of 3 ticked")
        answer = await story.types("cleo", "approve materializers")
        assert "Waits for: “customers told” to be ticked" in answer
        assert (await story.rollout()).state is State.GATE
        await story.clicks("ben", gate, "untick.1")
        gate = await story.again(gate, "Checklist: 1 of 3 ticked")
        assert "It is ticked." in await story.types("ana", "tick 1")
        await story.clicks("ben", await story.again(gate, "Checklist: 2 of 3 ticked"), "tick.2")
        over = await story.again(gate, "approved; it went up")
        assert "customers told" in text(over)
        await story.until(State.COMPLETED)
        record = await story.record()
        assert [record.count(kind) for kind in ("ticked", "unticked", "refused", "promoted")] == [3, 1, 2, 1]
        assert await story.whole()


async def _acknowledged(story: Story) -> None:
    """Below the checkpoint, by whom the plan asks; the button goes."""
    asks = await story.seen(lambda: next((each for each in story.messages() if "acknowledge it" in text(each)), None))
    button = asks["blocks"][-1]["elements"][0]["action_id"]
    assert "may not acknowledge" in await story.clicks_and_reads("ana", asks, button)
    await story.clicks("ben", asks, button)
    seen = await story.again(asks, "acknowledged checkpoint")
    assert "elements" not in str(seen["blocks"])
