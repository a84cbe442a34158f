"""The report in a real browser: nothing is fetched, nothing hangs over on a phone, its figures have a height."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from bot.wording.report.files import as_html
from tests.bot.wording.report.invented import long_and_wide
from tests.browser.visitor import PHONE

pytestmark = pytest.mark.anyio

OVERHANG = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def test_a_page_is_whole_by_itself_and_fits_a_phone(browser: Browser) -> None:
    """E6: light and dark differ, printing is light; no request, no complaint of the page's own policy."""
    window = await browser.new_context(viewport=PHONE, color_scheme="dark")  # type: ignore[arg-type]
    page, asked, said = await window.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    await page.set_content(as_html(long_and_wide(metrics=3)))
    assert await page.evaluate(OVERHANG) <= 0
    sizes = [await chart.bounding_box() for chart in await page.locator("svg.chart").all()]
    assert len(sizes) == 4
    assert all(size is not None and size["height"] > 150 and size["width"] > 300 for size in sizes)
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = await page.evaluate(paper)
    await page.emulate_media(media="print", color_scheme="dark")
    assert await page.evaluate(paper) == "rgb(255, 255, 255)" != dark
    assert (asked, said) == ([], [])
    await window.close()
