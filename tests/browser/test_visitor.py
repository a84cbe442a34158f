"""A stranger opens the page: a good version to 100 %, a bad one rolled back, a kill; and the same on a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.visitor import PHONE, visitor
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


@pytest.mark.waits
async def test_a_visitor_takes_one_version_to_everybody_and_sees_the_next_rolled_back(
    story: Story, browser: Browser
) -> None:
    """S1, S2, S4, R4: started in a dialog, approved by reaction and by button; then broken, and told why."""
    async with visitor(browser, story.workspace.url) as me:
        await me.types("/canary start")
        await me.reads(me.modal, "Starts at 1%, then 10% → 100%")
        await me.fills("version", "v42")
        await me.submits()
        await expect(me.modal).to_be_hidden()
        await me.reads(me.status, "· 1% ·")
        await me.reads(me.status, "v42")
        await expect(me.page.get_by_test_id("weight")).to_have_text("1 %")

        await me.clicks(me.gate, "approve")
        await me.reads(me.whisper, "You may not approve")
        await me.becomes("ben")
        await me.reacts(me.gate)
        await me.reads(me.shown("approved; it went up"), "1% → 10%")
        await me.becomes("cleo")
        await me.clicks(me.gate, "approve")
        await me.reads(me.status, "100% · completed")
        await expect(me.page.get_by_test_id("weight")).to_have_text("100 %")
        await me.chooses(me.status, "Evidence")
        await me.reads(me.whisper, "the chain is whole")

        story.service.percent = 0.0
        await me.becomes("ana")
        await me.types(START)
        await me.reads(me.status, "· 1% ·")
        await me.page.get_by_test_id("break-latency").click()
        await me.reads(me.status, "rolled back")
        await me.reads(me.shown("was rolled back: 1% → 0%"), "Why: latency_p99 > 5s")
        await expect(me.page.get_by_test_id("weight")).to_have_text("0 %")


async def test_a_gate_is_rejected_with_a_reason_and_an_old_button_says_what_happened_since(
    story: Story, browser: Browser
) -> None:
    """S4, law 6: the reason is asked for; who sees the old gate still, in a tunnel say, approves nothing with it."""
    async with visitor(browser, story.workspace.url) as ben, visitor(browser, story.workspace.url, **PHONE) as cleo:
        await ben.types(START)
        await cleo.becomes("cleo")
        await cleo.reads(cleo.gate, "1% → 10%?")
        unanswered: list[Route] = []
        await cleo.page.route("**/sandbox/channel*", lambda request: unanswered.append(request))

        await ben.becomes("ben")
        await ben.clicks(ben.gate, "reject")
        await ben.submits()
        await ben.reads(ben.modal.get_by_test_id("input-error"), "Please complete")
        await ben.fills("reason", "the dashboard looks odd")
        await ben.submits()
        await expect(ben.modal).to_be_hidden()
        await ben.reads(ben.status, "on hold")
        await ben.reads(ben.shown("rejected"), "the dashboard looks odd")

        await cleo.clicks(cleo.gate, "approve")
        await story.workspace.until(lambda: story.workspace.ephemerals("cleo", "#canary-live"), within=10)
        for request in unanswered:
            await request.continue_()
        await cleo.page.unroute("**/sandbox/channel*")
        await cleo.page.reload()
        await cleo.reads(cleo.whisper, "did nothing. materializers is now held at 1%")
        await expect(cleo.page.get_by_test_id("action-approve")).to_have_count(0)


async def test_an_approver_finds_a_gate_at_home_and_approves_there(story: Story, browser: Browser) -> None:
    """S2, X2: what waits is there with its verdict; after the yes it's gone, and it went up."""
    async with visitor(browser, story.workspace.url, **PHONE) as ben:
        await ben.types(START)
        await ben.reads(ben.gate, "1% → 10%?")
        await ben.becomes("ben")
        await ben.goes_home()
        await ben.reads(ben.home, "1 thing waits for you")
        await ben.reads(ben.home, "waits for your approval at 1%")
        await ben.reads(ben.home, "pass")
        assert await ben.overhang() == []
        await ben.home.get_by_test_id("action-approve").click()
        await ben.reads_no_more(ben.home, "waits for your approval at 1%")
        await ben.reads(ben.home, "10%")
        assert story.service.percent == 10.0


async def test_on_a_phone_a_rollout_is_started_read_and_killed_with_a_reason(story: Story, browser: Browser) -> None:
    """S2, T9: 390 pixels wide; nothing is cut off; the kill asks first, and the service shows it."""
    async with visitor(browser, story.workspace.url, **PHONE) as me:
        await me.types(START)
        await me.reads(me.status, "· 1% ·")
        await me.reads(me.gate, "1% → 10%?")
        await me.chooses(me.status, "Details")
        await me.reads(me.whisper, "plan digest")
        assert await me.overhang() == []

        await me.chooses(me.status, "Kill")
        await me.reads(me.modal, "throws every kill switch")
        assert await me.overhang() == []
        await me.page.get_by_test_id("modal-close").click()
        await expect(me.modal).to_be_hidden()
        assert not story.service.killed
        await me.chooses(me.status, "Kill")
        await me.fills("reason", "jobs are lost")
        await me.submits()
        await me.reads(me.shown("is killed"), "jobs are lost")
        await me.page.get_by_test_id("tab-service").click()
        await expect(me.page.get_by_test_id("weight")).to_have_text("killed")
