"""A visitor with a real browser: Debian's Chromium, driven by Playwright, looking at the sandbox's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Locator, Page, async_playwright, expect

from tests import servers

CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PATIENCE_MS = 15_000
PEOPLE = {"ana": "Ana · SRE, operator", "ben": "Ben · SRE lead, approver", "cleo": "Cleo · SRE lead, approver"}


@dataclass
class Visitor:
    """What a person does on the page, and finds there."""

    page: Page

    async def becomes(self, who: str) -> None:
        """Act as somebody else."""
        await self.page.get_by_test_id("persona").select_option(label=PEOPLE[who])

    async def types(self, line: str) -> None:
        """Type into the message box and send."""
        await self.page.get_by_test_id("composer").fill(line)
        await self.page.get_by_test_id("send").click()

    def shown(self, text: str) -> Locator:
        """The newest message of the channel that says this."""
        return self.page.get_by_test_id("messages").get_by_test_id("message").filter(has_text=text).last

    @property
    def status(self) -> Locator:
        """The newest status message: the one with a menu."""
        menu = self.page.get_by_test_id("action-more")
        return self.page.get_by_test_id("messages").get_by_test_id("message").filter(has=menu).last

    @property
    def gate(self) -> Locator:
        """The open gate."""
        reject = self.page.get_by_test_id("action-reject")
        return self.page.get_by_test_id("messages").get_by_test_id("message").filter(has=reject).last

    async def reads(self, place: Locator, text: str) -> None:
        """Wait until it's written there."""
        await expect(place).to_contain_text(text)

    async def reacts(self, message: Locator, name: str = "white_check_mark") -> None:
        """With the toolbar that the mouse brings up."""
        await message.hover()
        await message.get_by_test_id(f"react-{name}").first.click()

    async def clicks(self, message: Locator, action: str) -> None:
        """Use a message's button."""
        await message.get_by_test_id(f"action-{action}").click()

    async def chooses(self, message: Locator, entry: str) -> None:
        """Choose from a message's menu."""
        await message.get_by_test_id("action-more").click()
        await message.get_by_role("menuitem", name=entry).click()


@asynccontextmanager
async def visitor(address: str, width: int = 1280, height: int = 800) -> AsyncIterator[Visitor]:
    """A browser with the page open, as Ana; fails on any error of the page's own."""
    mistakes: list[str] = []
    binary = servers.require("chromium")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=binary, args=CHROMIUM)
        page = await browser.new_page(viewport={"width": width, "height": height})
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(address)
        yield Visitor(page)
        await browser.close()
    assert mistakes == []
