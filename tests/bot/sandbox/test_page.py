"""The page in a real browser: a visitor types, clicks, reacts, answers a modal, and breaks the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.world import World
from tests.bot.sandbox.demo import LIVE, Demo, Json, button, client_for, plain, section
from tests.browser.visitor import PHONE, chromium, visitor

pytestmark = pytest.mark.anyio

LIVE_ID = "C01CANARY1"
ANA = "U01ANA0001"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@asynccontextmanager
async def demo_in(world: World) -> AsyncIterator[Demo]:
    """The demo app, connected."""
    demo = Demo(client_for(world.workspace), world.workspace.signing_secret)
    handler = AsyncSocketModeHandler(demo.app, world.workspace.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield demo
    await handler.close_async()  # type: ignore[no-untyped-call]


async def test_a_visitor_finds_their_way(browser: Browser) -> None:
    async with (
        World(completions=["/canary start", "/canary ask"]) as world,
        demo_in(world) as demo,
        visitor(browser, world.workspace.url) as me,
    ):
        page = me.page
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


async def test_a_dangerous_button_asks_first_and_a_silent_app_is_told_of(browser: Browser) -> None:
    sure = {"title": plain("Roll back?"), "text": plain("At once."), "confirm": plain("Yes"), "deny": plain("No")}
    async with World() as world, visitor(browser, world.workspace.url, **PHONE) as me:
        page = me.page
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


def _chart() -> Json:
    points = [{"label": f"{n} m", "value": n * 1.5} for n in range(12)]
    axes = {"categories": [point["label"] for point in points], "y_label": "seconds"}
    series = [{"name": name, "data": points} for name in ("latency_p99", "threshold")]
    drawn = {"type": "line", "series": series, "axis_config": axes}
    return {"type": "data_visualization", "title": "Latency", "chart": drawn}


def _table() -> Json:
    cells = [{"type": "raw_text", "text": "a_rather_long_name_of_a_metric"}] * 8
    return {"type": "table", "rows": [cells, cells]}


async def _one_of_each(client: AsyncWebClient) -> None:
    """Messages of every kind that a rollout needs."""
    root = str((await client.chat_postMessage(channel=LIVE_ID, text="Gate", blocks=[_table(), _chart()]))["ts"])
    when = "At <!date^1790000000^{date_num} {time}|never>, by <!subteam^S01LEADS01>"
    await client.chat_postMessage(channel=LIVE_ID, text=when, thread_ts=root, reply_broadcast=True)
    await client.files_upload_v2(
        content=PICTURE, filename="trend.png", title="Trend", alt_txt="latency rose to 6 s", channel=LIVE_ID
    )
    await client.chat_postMessage(channel=ANA, text="Your rollout is over.")
    options = [{"text": plain(name), "value": name} for name in ("seen", "told")]
    ticks = {"type": "checkboxes", "action_id": "press", "options": options}
    wide = [button(f"b{n}", f"A button with many words {n}") for n in range(4)]
    blocks: list[Json] = [{"type": "actions", "elements": [ticks, *wide]}]
    await client.chat_postMessage(channel=LIVE_ID, text="Checklist", blocks=blocks)


async def test_each_kind_of_message_is_shown_on_a_phone_and_nothing_is_cut_off(browser: Browser) -> None:
    """S5, R19: chart, table, picture with its words, times in the reader's zone, direct messages, a checklist."""
    async with World() as world, demo_in(world) as demo, visitor(browser, world.workspace.url, **PHONE) as me:
        await _one_of_each(client_for(world.workspace))
        page = me.page
        await expect(page.get_by_role("img", name="Latency: latency_p99 from 0 to 16.5")).to_be_visible()
        await expect(page.get_by_role("img", name="latency rose to 6 s")).to_be_visible()
        local = await page.evaluate("new Date(1790000000000).toTimeString().slice(0, 5)")
        await me.reads(me.shown("replied to a thread: Gate"), f"{local}, by @sre-leads")
        await page.get_by_test_id("option-told").scroll_into_view_if_needed()
        assert await me.overhang() == []

        await page.get_by_test_id("option-told").check()
        chosen = (await demo.until_heard(1))[0]["actions"][0]["selected_options"]
        assert [option["value"] for option in chosen] == ["told"]

        await page.get_by_test_id("menu").click()
        await page.get_by_test_id("direct-messages").click()
        await expect(me.shown("Your rollout is over.")).to_be_visible()
        assert (await demo.until_heard(2))[1]["event"]["tab"] == "messages"


async def test_a_form_of_several_steps_keeps_what_was_typed(browser: Browser) -> None:
    """The app hears of a choice at once, changes the dialog, and nothing that was typed is lost."""
    async with World() as world, demo_in(world) as demo, visitor(browser, world.workspace.url) as me:
        client = client_for(world.workspace)
        await me.types("/canary help")
        await demo.until_heard(1)
        options = [{"text": plain(name), "value": name} for name in ("a", "b")]
        choice = {"type": "static_select", "action_id": "press", "options": options}
        reason = {"type": "plain_text_input", "action_id": "reason"}
        blocks: list[Json] = [
            {"type": "input", "block_id": "plan", "label": plain("Plan"), "dispatch_action": True, "element": choice},
            {"type": "input", "block_id": "why", "label": plain("Why"), "element": reason},
        ]
        view = {"type": "modal", "title": plain("Start"), "submit": plain("Go"), "blocks": blocks}
        opened = (await client.views_open(trigger_id=demo.heard[0]["trigger_id"], view=view))["view"]
        await me.submits()
        await expect(me.page.get_by_test_id("input-error")).to_have_count(2)
        await me.fills("reason", "it is due")
        await me.page.get_by_test_id("action-press").select_option("b")
        told = (await demo.until_heard(2))[1]["view"]
        assert told["state"]["values"]["why"]["reason"]["value"] == "it is due"
        await client.views_update(view_id=opened["id"], view=view | {"blocks": [*blocks, section("Ready to go")]})
        await me.reads(me.modal, "Ready to go")
        await expect(me.page.get_by_test_id("action-reason")).to_have_value("it is due")
        await expect(me.page.get_by_test_id("action-press")).to_have_value("b")


async def test_what_came_while_reading_above_is_one_click_away(browser: Browser) -> None:
    async with World(enforce_rate_limits=False) as world, visitor(browser, world.workspace.url) as me:
        for number in range(30):
            await world.workspace.post("ben", LIVE, f"line {number}\nand more")
        await expect(me.shown("line 29")).to_be_in_viewport()
        await me.page.get_by_test_id("messages").evaluate("messages => { messages.scrollTop = 0; }")
        await world.workspace.post("ben", LIVE, "the newest")
        await me.page.get_by_test_id("newer").click()
        await expect(me.shown("the newest")).to_be_in_viewport()
        await expect(me.page.get_by_test_id("newer")).to_be_hidden()
