"""The page in a real browser: a visitor types, clicks, reacts, answers a modal, and breaks the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler

from bot.sandbox.world import World
from tests import servers
from tests.bot.sandbox.demo import LIVE, Demo, button, client_for, plain

pytestmark = pytest.mark.anyio

CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
LIVE_ID = "C01CANARY1"


@asynccontextmanager
async def visitor(world: World, width: int = 1280) -> AsyncIterator[Page]:
    """A browser that has the page open, as Ana; fails on any error in its console."""
    mistakes: list[str] = []
    async with async_playwright() as playwright:
        path = servers.require("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        page = await browser.new_page(viewport={"width": width, "height": 844})
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.set_default_timeout(8000)
        await page.goto(world.workspace.url)
        yield page
        await browser.close()
    assert mistakes == []


@asynccontextmanager
async def demo_in(world: World) -> AsyncIterator[Demo]:
    """The demo app, connected."""
    demo = Demo(client_for(world.workspace), world.workspace.signing_secret)
    handler = AsyncSocketModeHandler(demo.app, world.workspace.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield demo
    await handler.close_async()  # type: ignore[no-untyped-call]


async def test_a_visitor_finds_their_way() -> None:
    async with (
        World(completions=["/canary start", "/canary ask"]) as world,
        demo_in(world) as demo,
        visitor(world) as page,
    ):
        await page.get_by_test_id("composer").fill("/canary st")
        await page.keyboard.press("Tab")
        await expect(page.get_by_test_id("composer")).to_have_value("/canary start")
        await page.get_by_test_id("send").click()
        message = page.get_by_test_id("message").first
        await expect(message.locator("strong")).to_have_text("Gate")

        await page.get_by_test_id("persona").select_option(label="Ben · SRE lead, approver")
        await message.hover()
        await message.get_by_test_id("react-white_check_mark").click()
        await expect(message.get_by_test_id("reaction-white_check_mark")).to_have_attribute("aria-pressed", "true")
        await message.get_by_test_id("action-more").click()
        await message.get_by_test_id("option-evidence").click()
        await expect(page.get_by_text("Only visible to you")).to_be_visible()
        await message.get_by_test_id("action-approve").click()
        await expect(message).to_contain_text("Approved (edited)")
        assert demo.heard[-1]["user"]["id"] == "U01BEN0001"

        await page.get_by_test_id("composer").fill("/canary ask")
        await page.keyboard.press("Enter")
        await page.get_by_test_id("action-reason").fill("no")
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("input-error")).to_have_text("Say a little more")
        await page.get_by_test_id("action-reason").fill("because")
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("modal")).to_be_hidden()

        await page.get_by_test_id("break-errors").click()
        await expect(page.get_by_test_id("condition")).to_have_text("broken: failing")
        assert world.service.knobs.canary_error_percent == 30
        await page.get_by_test_id("reset").click()
        await expect(page.get_by_test_id("condition")).to_have_text("all well")


async def test_a_dangerous_button_asks_first_and_a_silent_app_is_told_of() -> None:
    sure = {"title": plain("Roll back?"), "text": plain("At once."), "confirm": plain("Yes"), "deny": plain("No")}
    async with World() as world, visitor(world, width=390) as page:
        client = client_for(world.workspace)
        rollback = button("rollback") | {"style": "danger", "confirm": sure}
        blocks = [{"type": "actions", "elements": [rollback]}]
        ts = str((await client.chat_postMessage(channel=LIVE_ID, text="<b>x</b>", blocks=blocks))["ts"])
        await client.chat_postMessage(channel=LIVE_ID, text="*in* the <https://example.com|thread>", thread_ts=ts)
        await page.get_by_test_id("action-rollback").click()
        await page.get_by_test_id("confirm-no").click()
        await page.get_by_test_id("action-rollback").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("toast")).to_contain_text("dispatch_failed")

        await page.get_by_test_id("open-thread").click()
        reply = page.get_by_test_id("thread").get_by_test_id("message").last
        await expect(reply.get_by_role("link")).to_have_attribute("href", "https://example.com")
        await page.get_by_test_id("thread-composer").fill("<img src=x onerror=alert(1)> & `so`")
        await page.get_by_test_id("thread-send").click()
        await expect(page.get_by_test_id("thread")).to_contain_text("<img src=x onerror=alert(1)> & so")
        assert len(world.workspace.thread(LIVE, ts)) == 3

        await page.get_by_test_id("tab-service").click()
        await expect(page.get_by_test_id("weight")).to_have_text("0 %")
