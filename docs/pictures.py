"""Takes the pictures under docs/images/ from the running sandbox: `make pictures`. Needs Chromium; takes two minutes.

Pictures are taken when the page or the words have changed, and looked at before they are committed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import expect

from commands.terminal.playground import START, open_playground
from tests.browser.visitor import Visitor, visitor

IMAGES = Path(__file__).parent / "images"
PATIENCE_MS = 60_000
"""No stage of the sandbox's plan takes longer."""


async def main() -> None:
    """Play one good version and one bad one, and take a picture at each turn."""
    async with open_playground(0) as playground:
        address = playground.world.workspace.url
        async with visitor(address) as desk, visitor(address, width=390, height=844) as phone:
            expect.set_options(timeout=PATIENCE_MS)
            await desk.types(START)
            await _at_the_first_gate(desk, phone)
            await _to_the_end(desk)
            await _the_next_one_breaks(desk)


async def _at_the_first_gate(desk: Visitor, phone: Visitor) -> None:
    await desk.reads(desk.gate, "1% → 10%?")
    await desk.becomes("ben")
    await _take(desk, "gate")
    await phone.reads(phone.gate, "1% → 10%?")
    await phone.becomes("ben")
    await _take(phone, "phone")


async def _to_the_end(desk: Visitor) -> None:
    await desk.reacts(desk.gate)
    for weights in ("10% → 50%?", "50% → 100%?"):
        await desk.reads(desk.gate, weights)
        await desk.becomes("cleo")
        await desk.clicks(desk.gate, "approve")
    await desk.reads(desk.status, "100% · completed")
    await desk.chooses(desk.status, "Evidence")
    await desk.reads(desk.shown("Only visible to you"), "the chain is whole")
    await _take(desk, "complete")


async def _the_next_one_breaks(desk: Visitor) -> None:
    await desk.page.get_by_test_id("ship").click()
    await expect(desk.page.get_by_test_id("toast")).to_be_visible()
    await expect(desk.page.get_by_test_id("toast")).to_have_count(0)
    await desk.becomes("ana")
    await desk.types(START)
    await desk.reads(desk.status, "baking")
    await desk.page.get_by_test_id("break-latency").click()
    await desk.reads(desk.shown("was rolled back"), "1% → 0%")
    await _take(desk, "rollback")


async def _take(seen: Visitor, name: str) -> None:
    """The newest messages, with the mouse out of the way."""
    await seen.page.mouse.move(0, 0)
    messages = seen.page.get_by_test_id("messages")
    await messages.get_by_test_id("message").last.scroll_into_view_if_needed()
    await seen.page.wait_for_timeout(800)
    await seen.page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
