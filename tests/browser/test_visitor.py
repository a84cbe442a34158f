"""A stranger opens the page: a good version to 100 %, a bad one rolled back, a kill; and the same on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.visitor import visitor
from tests.scenarios import quick
from tests.scenarios.opening import new_story
from tests.scenarios.story import Story

pytestmark = pytest.mark.anyio

START = "/canary start materializers 1%"


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    stages = [quick.stage("1%"), quick.stage("10%"), quick.stage("100%")]
    async with new_story(tmp_path, stages=stages) as fresh:
        yield fresh


async def test_a_visitor_takes_one_version_to_everybody_and_sees_the_next_rolled_back(story: Story) -> None:
    """S1, S2, S4, R4: typed, baked, approved by reaction and by button; then broken, and told why."""
    async with visitor(story.workspace.url) as me:
        await me.types(START)
        await me.reads(me.status, "· 1% ·")
        await expect(me.page.get_by_test_id("weight")).to_have_text("1 %")

        await me.clicks(me.gate, "approve")
        await me.reads(me.shown("Only visible to you"), "You may not approve")
        await me.becomes("ben")
        await me.reacts(me.gate)
        await me.reads(me.shown("Gate of materializers 1% → 10%"), "approved; it went up")
        await me.becomes("cleo")
        await me.clicks(me.gate, "approve")
        await me.reads(me.status, "100% · completed")
        await expect(me.page.get_by_test_id("weight")).to_have_text("100 %")
        await me.chooses(me.status, "Evidence")
        await me.reads(me.shown("Only visible to you"), "the chain is whole")

        story.service.percent = 0.0
        await me.becomes("ana")
        await me.types(START)
        await me.reads(me.status, "· 1% ·")
        await me.page.get_by_test_id("break-latency").click()
        await me.reads(me.status, "rolled back")
        await me.reads(me.shown("was rolled back: 1% → 0%"), "Why: latency_p99 > 5s")
        await expect(me.page.get_by_test_id("weight")).to_have_text("0 %")


async def test_on_a_phone_a_rollout_is_started_and_killed_with_a_reason(story: Story) -> None:
    """S2, T9: 390 pixels wide; nothing is cut off; the kill asks first, and the service shows it."""
    async with visitor(story.workspace.url, width=390, height=844) as me:
        await me.types(START)
        await me.reads(me.status, "· 1% ·")
        width = await me.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
        await me.chooses(me.status, "Kill")
        modal = me.page.get_by_test_id("modal")
        await expect(modal).to_contain_text("materializers")
        await modal.get_by_test_id("action-reason").fill("jobs are lost")
        await me.page.get_by_test_id("modal-submit").click()
        await me.reads(me.shown("is killed"), "jobs are lost")
        await me.page.get_by_test_id("tab-service").click()
        await expect(me.page.get_by_test_id("weight")).to_have_text("killed")
