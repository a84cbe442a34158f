"""A visitor with a real browser: Debian's Chromium, driven by Playwright, looking at the sandbox's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests import servers

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PATIENCE_MS = 40_000
PEOPLE = {"ana": "Ana · SRE, operator", "ben": "Ben · SRE lead, approver", "cleo": "Cleo · SRE lead, approver"}
PHONE = {"width": 390, "height": 844}


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
    def whisper(self) -> Locator:
        """The newest message that only this person sees."""
        return self.shown("Only visible to you")

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

    @property
    def modal(self) -> Locator:
        """The dialog that is open."""
        return self.page.get_by_test_id("modal")

    @property
    def home(self) -> Locator:
        """The app's Home tab."""
        return self.page.locator(".home")

    async def reads(self, place: Locator, text: str) -> None:
        """Wait until it's written there."""
        await expect(place).to_contain_text(text)

    async def reads_no_more(self, place: Locator, text: str) -> None:
        """Wait until it stands there no longer."""
        await expect(place).not_to_contain_text(text)

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

    async def fills(self, action: str, text: str) -> None:
        """Write into a field of the dialog."""
        await self.modal.get_by_test_id(f"action-{action}").fill(text)

    async def submits(self) -> None:
        """Send the dialog off."""
        await self.page.get_by_test_id("modal-submit").click()

    async def goes_home(self) -> None:
        """Look at the app's Home tab; on a phone its name is behind the menu."""
        if await self.page.get_by_test_id("menu").is_visible():
            await self.page.get_by_test_id("menu").click()
        await self.page.get_by_test_id("app-home").click()

    async def returns(self) -> None:
        """From Home to the channel; on a phone by the menu."""
        if await self.page.get_by_test_id("menu").is_visible():
            await self.page.get_by_test_id("menu").click()
        await self.page.get_by_test_id("sidebar").get_by_text("canary-live").click()

    async def overhang(self) -> list[str]:
        """What sticks out of the window sideways, as `tag.class` words; scrolling boxes may hold wider things."""
        found: list[str] = await self.page.evaluate(_OVERHANG)
        return found


_OVERHANG = """() => [...document.querySelectorAll("body *")].filter((each) => {
  const box = each.getBoundingClientRect();
  const rolls = each.closest(".table-wrap, svg, .sidebar, .replied");
  return box.width && box.right > innerWidth + 1 && !rolls;
}).map((each) => `${each.tagName}.${each.className}`)"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """One browser, for several visitors."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=servers.require("chromium"), args=ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def visitor(browser: Browser, address: str, width: int = 1280, height: int = 800) -> AsyncIterator[Visitor]:
    """A window of its own with the page open, as Ana; fails on any error of the page's own."""
    mistakes: list[str] = []
    window = await browser.new_context(viewport={"width": width, "height": height})
    page = await window.new_page()
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(address)
    yield Visitor(page)
    await window.close()
    assert not mistakes, mistakes
