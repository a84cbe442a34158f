"""An error budget that is used up, as people in Slack meet it (R13, X9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from tests.scenarios.opening import new_story
from tests.scenarios.quick import stage
from tests.scenarios.story import buttons, text

pytestmark = pytest.mark.anyio

PLAN: dict[str, Any] = {
    "slos": {"jobs": {"metric": "success_rate", "target": "99%", "window": "4s"}},
    "stages": [stage("1%", bake="1h", rollback_when=["latency_p99 > 5s"]), stage("100%")],
}


async def test_a_used_up_budget_holds_and_only_the_override_role_goes_on(tmp_path: Path) -> None:
    """Told why, whose turn it is and what to type; the button that would be refused isn't there."""
    async with new_story(tmp_path, **PLAN) as story:
        await story.start()
        await story.status("baking")
        story.service.knobs.canary_error_percent = 30.0
        held = await story.status("is used up")
        assert buttons(held) == {"rollback", "more"}
        assert "Service level objectives" in str(held["blocks"])
        assert "/canary override materializers REASON" in text(await story.thread("is used up"))
        refused = await story.types("ana", "resume materializers")
        assert "The error budget of jobs is used up" in refused
        answer = await story.types("ben", "override materializers it was ours, INC-7")
        assert "goes on in this stage" in answer
        await story.until(State.BAKING)
        await story.thread("lets materializers")
        assert story.service.weight == 1.0
