"""What is mistyped is answered with what was meant, ready to copy, and starts nothing."""

from __future__ import annotations

import pytest

from tests.scenarios.story import Story

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [
        ("strat materializers 1%", "/canary start materializers 1%"),
        ("start materialisers 1%", "/canary start materializers 1%"),
        ("start materializers 1", "/canary start materializers 1%"),
        ("start materializers 5%", "/canary start materializers 1%"),
        ("start materializers", "/canary start materializers 1%"),
        ("start materializers 1% verison=v2", "/canary start materializers 1% version=v2"),
        ("aprove materializers", "/canary approve materializers"),
    ],
)
async def test_a_mistake_comes_back_corrected(story: Story, typed: str, corrected: str) -> None:
    """S1: verb, plan, percent, stage, option."""
    assert corrected in await story.types("ana", typed)
    assert await story.perch.engine.desk.latest() == []
    assert story.messages() == []


async def test_a_developer_and_a_guest_may_not_start(story: Story) -> None:
    """S6: refused, told who may, on record."""
    for who in ("dev", "gus"):
        refused = await story.types(who, "start materializers 1%")
        assert "may not operate this rollout" in refused
        assert "@sre" in refused
    assert story.service.weight == 0.0
