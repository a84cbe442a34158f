"""A person stops it: hold and resume, roll back, kill, and rearm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.machine import State
from tests.scenarios.opening import new_story
from tests.scenarios.quick import stage
from tests.scenarios.story import Story, buttons, text

pytestmark = pytest.mark.anyio

LONG: dict[str, Any] = {"stages": [stage("1%", bake="1h"), stage("100%")]}


async def test_hold_stops_progress_and_keeps_protection(story: Story) -> None:
    """Rules, "a hold stops progress, not protection": no gate while held, and a trigger still fires."""
    await story.start()
    await story.clicks("ana", await story.status("baking"), "hold")
    held = await story.held_status()
    assert buttons(held) == {"resume", "rollback", "more"}
    await story.thread("is on hold at 1% by")
    await story.clicks("ana", held, "resume")
    await story.status("baking")
    await story.types("ben", "hold materializers 1h lunch")
    await story.thread("lunch")
    story.service.knobs.canary_latency_factor = 20.0
    await story.until(State.ROLLED_BACK)
    assert story.service.weight == 0.0


async def test_the_rollback_button_needs_nobody_else(tmp_path: Path) -> None:
    """Law 2: one click by anybody who may stop; who may not is told."""
    async with new_story(tmp_path, **LONG) as story:
        await story.start()
        status = await story.status("baking")
        assert "may not stop this rollout" in await story.clicks_and_reads("dev", status, "rollback")
        await story.clicks("cleo", status, "rollback")
        await story.status("at 0%, rolled back")
        assert story.service.weight == 0.0
        assert "asked for" in text(await story.thread("is rolling back, 1% → 0%"))
        refused = await story.types("ana", "start materializers 1%")
        assert "cooldown" in refused.lower()
        assert "override=" in refused


async def test_a_kill_asks_for_its_reason_acts_and_wants_to_be_rearmed(tmp_path: Path) -> None:
    """T9, law 2: from the menu, with a dialog; three times told; no start before the rearm."""
    async with new_story(tmp_path, cooldown="0s", **LONG) as story:
        await story.start()
        await story.chooses("ben", "kill")
        dialog = await story.dialog("ben")
        assert "kill" in str(dialog["title"]).lower()
        await story.workspace.submit_view("ben", dialog["id"], {"reason": "the database burns"})
        await story.until(State.KILLED)
        assert story.service.killed
        assert story.service.percent == 0.0
        told = text(await story.thread("is killed."))
        assert "Read back:" in told
        assert "Measured at 0:" in told
        assert "the database burns" in told
        assert "/canary rearm materializers" in await story.types("ana", "start materializers 1%")
        assert "rearmed" in await story.types("ana", "rearm materializers")
        assert not story.service.killed
        await story.start()
        assert await story.whole()


async def test_a_dialog_that_is_closed_kills_nothing(tmp_path: Path) -> None:
    """A slip of the finger has no consequences."""
    async with new_story(tmp_path, **LONG) as story:
        await story.start()
        await story.chooses("ben", "kill")
        dialog = await story.dialog("ben")
        await story.workspace.close_view("ben", dialog["id"])
        await story.clicks("ben", await story.status("baking"), "hold")
        assert (await story.until(State.HELD)).confirmed.percent == 1.0
        assert not story.service.killed
