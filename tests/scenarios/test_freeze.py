"""A freeze as people meet it: typed in Slack, seen everywhere, lifted, and resumed by a person (X11, U4)."""

from __future__ import annotations

import pytest

from bot.domain.machine import State
from tests.scenarios.story import CHANNEL, PLAN, Story

pytestmark = pytest.mark.anyio


async def test_a_freeze_holds_what_is_live_until_it_is_lifted_and_somebody_resumes(story: Story) -> None:
    await story.types("ana", f"start {PLAN} 1%")
    await story.status("baking")
    assert "is frozen by" in await story.types("ben", f"freeze {PLAN} for 2h incident 7")
    await story.message("is frozen by")
    held = await story.status("on hold")
    assert "incident 7" in str(held)
    assert "'action_id': 'resume'" not in str(held["blocks"])
    assert "is frozen by" in await story.types("ana", f"resume {PLAN}")
    assert "incident 7" in await story.types("dev", "list")
    assert "You may not" in await story.types("ana", f"unfreeze {PLAN}")
    assert "may rise again" in await story.types("ben", f"unfreeze {PLAN} it was the network")
    over = await story.message("The freeze of")
    assert f"/canary resume {PLAN}" in str(over)
    assert (await story.perch.engine.rollouts.live())[0].state is State.HELD
    await story.types("ana", f"resume {PLAN}")
    await story.status("baking")


async def test_nothing_starts_under_a_freeze(story: Story) -> None:
    await story.workspace.command("ana", CHANNEL, "/canary freeze all until lifted black friday")
    # Nothing live is under it, so the channel where it was typed is told.
    await story.message("until somebody lifts it: black friday")
    refused = await story.types("ana", f"start {PLAN} 1%")
    assert "everything is frozen" in refused
    assert "/canary unfreeze all" in refused
