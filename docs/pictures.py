"""Takes the pictures under docs/images/ from the running sandbox: `make pictures`. Needs Chromium; takes two minutes.

Pictures are taken when the page or the words have changed, and looked at before they are committed.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.async_api import Browser, Locator, expect

from bench.past_rollouts import fill
from bot.assembly import all_kinds, recounts, utc_now
from bot.domain.record.summary import Wanted
from bot.domain.record.trends_of_plans import trends
from bot.engine.ledger import Ledger
from commands.terminal.playground import PLAN, START, Playground, open_playground
from commands.terminal.trends.page import Chapter
from commands.terminal.trends.page import page as trends_page
from storage.database import open_database
from storage.plans import PlanFolder
from storage.rollouts import SqlRollouts
from tests.browser.visitor import PHONE, Visitor, chromium, visitor

IMAGES = Path(__file__).parent / "images"
PATIENCE_MS = 60_000
"""No stage of the sandbox's plan takes longer."""
SETTLED_MS = 1500
"""Until what flashed because it changed is calm again."""


async def main() -> None:
    """Play one good version and one bad one, and take a picture at each turn."""
    async with open_playground(0) as playground, chromium() as browser:
        address = playground.world.workspace.url
        async with visitor(browser, address) as desk, visitor(browser, address, **PHONE) as phone:
            expect.set_options(timeout=PATIENCE_MS)
            await _start(desk)
            await _at_the_first_gate(desk, phone)
            await _to_the_end(desk)
            await _the_next_one_breaks(desk)
            await _report(browser, playground)
        await _trends(browser)
    _fewer_colours()


async def _report(browser: Browser, playground: Playground) -> None:
    """The beginning of the newest rollout's report, down to its first charts."""
    engine = playground.perch.engine
    [rollout] = await engine.desk.latest(PLAN, 1)
    html, _ = await engine.reports.files(rollout.id)
    page = await browser.new_page(viewport={"width": 1000, "height": 1560})
    await page.set_content(html.content)
    await page.screenshot(path=IMAGES / "report.png")
    await page.close()


async def _start(desk: Visitor) -> None:
    await desk.types("/canary start")
    await desk.reads(desk.modal, "Starts at")
    await desk.fills("version", "v2.8.1")
    await desk.fills("reason", "the queue is drained in half the time")
    await desk.page.wait_for_timeout(SETTLED_MS)
    await desk.page.screenshot(path=IMAGES / "start.png")
    await desk.submits()


async def _at_the_first_gate(desk: Visitor, phone: Visitor) -> None:
    await desk.reads(desk.gate, "1% → 10%?")
    await desk.becomes("ben")
    await _take(desk, "gate")
    await phone.reads(phone.gate, "1% → 10%?")
    await phone.becomes("ben")
    await _take(phone, "phone")


async def _to_the_end(desk: Visitor) -> None:
    await desk.reacts(desk.gate)
    await desk.becomes("cleo")
    await desk.reads(desk.gate, "10% → 50%?")
    await _take(desk, "checklist")
    await _whole(desk, desk.shown("Checkpoint T+"), "checkpoint")
    await desk.gate.get_by_test_id("action-tick.1").click()
    for weights in ("10% → 50%?", "50% → 100%?"):
        await desk.reads(desk.gate, weights)
        await desk.clicks(desk.gate, "approve")
    await desk.reads(desk.status, "100% · completed")
    await desk.chooses(desk.status, "Evidence")
    whole = desk.shown("the chain is whole")
    await desk.reads(whole, "the chain is whole")
    # The last checkpoint's charts come after it.
    await desk.page.wait_for_timeout(SETTLED_MS)
    await whole.evaluate("(message) => message.scrollIntoView({ block: 'end' })")
    await desk.page.screenshot(path=IMAGES / "complete.png")


async def _the_next_one_breaks(desk: Visitor) -> None:
    await desk.page.get_by_test_id("ship").click()
    await expect(desk.page.get_by_test_id("toast")).to_be_visible()
    await expect(desk.page.get_by_test_id("toast")).to_have_count(0)
    await desk.becomes("ana")
    await desk.types(START)
    await desk.reads(desk.status, "baking")
    await desk.reads(desk.gate, "1% → 10%?")
    await desk.becomes("ben")
    await desk.goes_home()
    await desk.reads(desk.home, "waits for your approval")
    await _take(desk, "home")
    await desk.returns()
    await desk.page.get_by_test_id("break-latency").click()
    await desk.reads(desk.shown("was rolled back"), "1% → 0%")
    await _take(desk, "rollback")


async def _trends(browser: Browser) -> None:
    """The top of a page of trends, of rollouts that nobody ran."""
    with TemporaryDirectory() as folder:
        database = await open_database(f"sqlite:///{folder}/perch.db")
        rollouts = SqlRollouts(database, utc_now)
        await fill(rollouts, 140)
        past = recounts(database, Ledger(rollouts, PlanFolder(Path(folder), all_kinds()), utc_now))
        found = await past.recount(Wanted(plan="materializers"), all_of_them=True)
        await database.aclose()
        chapter = Chapter(trends(found.ended, plan="materializers"), found.ended[:20])
        page = await browser.new_page(viewport={"width": 1000, "height": 1100})
        await page.set_content(trends_page([chapter], utc_now(), version("perch")))
        await page.screenshot(path=IMAGES / "trends.png")


async def _take(seen: Visitor, name: str) -> None:
    """The newest messages, with the mouse out of the way."""
    await seen.page.mouse.move(0, 0)
    messages = seen.page.get_by_test_id("messages")
    for _ in range(2):
        # A picture that is loaded late moves the end on.
        await messages.evaluate("(shown) => { shown.scrollTop = shown.scrollHeight; }")
        await seen.page.wait_for_timeout(SETTLED_MS)
    await seen.page.screenshot(path=IMAGES / f"{name}.png")


async def _whole(seen: Visitor, message: Locator, name: str) -> None:
    """One message in a window that is high enough for it."""
    usual = seen.page.viewport_size
    await seen.page.set_viewport_size({"width": 1280, "height": 1500})
    await seen.page.mouse.move(0, 0)
    await message.scroll_into_view_if_needed()
    await seen.page.wait_for_timeout(SETTLED_MS)
    await message.screenshot(path=IMAGES / f"{name}.png")
    if usual is not None:
        await seen.page.set_viewport_size(usual)


def _fewer_colours() -> None:
    """A page of text has few; a picture becomes a third as large."""
    for path in IMAGES.glob("*.png"):
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


if __name__ == "__main__":
    asyncio.run(main())
