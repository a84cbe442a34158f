"""Slack's Home tab: what waits is seen there, answered there, and gone from there."""

from __future__ import annotations

import json

import pytest

from bot.domain.machine import State
from tests.scenarios.story import Story

pytestmark = pytest.mark.anyio


def shown(story: Story, who: str, text: str) -> bool:
    return text in json.dumps(story.workspace.home(who) or {}, ensure_ascii=False)


async def test_an_approver_finds_the_gate_at_home_answers_it_there_and_sees_it_go(story: Story) -> None:
    """S4, S6: the same checks and the same value as on the gate's message; the answer comes directly."""
    await story.to_gate()
    await story.workspace.open_app_home("ben")
    await story.seen(lambda: shown(story, "ben", "waits for your approval") or None)
    await story.workspace.open_app_home("ana")
    await story.seen(lambda: shown(story, "ana", "Nothing waits for you") or None)
    home = story.workspace.home("ben")
    assert home is not None
    outcome = await story.workspace.click_view("ben", home["id"], "approve")
    assert outcome.acked, outcome.error
    await story.until(State.SHIFTING, State.BAKING, State.COMPLETED)
    await story.seen(lambda: shown(story, "ben", "Nothing waits for you") or None)


async def test_who_may_not_is_told_directly_for_a_page_has_no_channel(story: Story) -> None:
    """S6: never silent."""
    await story.to_gate()
    await story.workspace.open_app_home("dev")
    await story.seen(lambda: shown(story, "dev", "waiting for approval") or None)
    home = story.workspace.home("dev")
    assert home is not None
    await story.workspace.click_view("dev", home["id"], "hold")
    await story.seen(lambda: "may not stop this rollout" in json.dumps(story.workspace.direct_messages("dev")) or None)
    assert (await story.rollout()).state is State.GATE
