"""What Slack's doors do when things break: database away, dialogs late, old buttons, forged requests, dead lines."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from adapters.notify.slack import slack_client
from bot.domain.machine import State
from bot.ports import Said
from bot.sandbox.workspace import Workspace
from commands.slack import intake
from commands.slack.intake import DEADLINE_S
from commands.slack.introduction import StartRefused, introduce, may_connect
from commands.slack.signed import PATH, signed_requests
from commands.slack.sockets import Line, Sockets
from tests.commands.slack.shaky import Trouble
from tests.commands.slack.town import CHANNEL, Town, town
from tests.far_side import served
from tests.rig import tree

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as story:
        yield story


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    made = Workspace(seed=1)
    await made.start()
    yield made
    await made.stop()


# ---- the database is away ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [Trouble.FAILS, Trouble.HANGS])
async def test_without_a_database_upward_requests_are_refused_in_words(
    here: Town, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2's other half: nothing but down, and nobody is left without an answer, in the three seconds Slack waits."""
    assert DEADLINE_S < 2.5
    monkeypatch.setattr(intake, "DEADLINE_S", 0.05)
    here.inbox.trouble = trouble
    outcome = await here.workspace.command("ana", CHANNEL, "/canary start materializers 1%")
    assert outcome.acked
    assert "nothing was done" in str(outcome.body)
    assert await here.story.engine.desk.latest() == []


@pytest.mark.parametrize("trouble", [Trouble.FAILS, Trouble.HANGS])
async def test_without_a_database_a_rollback_acts_all_the_same(
    here: Town, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2."""
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    status = await here.status("baking")
    monkeypatch.setattr(intake, "DEADLINE_S", 0.05)
    here.inbox.trouble = trouble
    await here.workspace.click("ben", CHANNEL, status["ts"], "rollback")
    await here.status("at 0%, rolled back")
    assert here.story.traffic[0].weight.percent == 0


async def test_a_request_that_was_refused_isnt_acted_on_when_the_database_got_it_late(here: Town) -> None:
    """Told "nothing was done", nothing may be done."""
    here.inbox.trouble = Trouble.LATE
    await here.workspace.command("ana", CHANNEL, "/canary start materializers 1%")
    here.inbox.trouble = None
    await here.types("ana", "/canary list")
    assert await here.story.engine.desk.latest() == []


async def test_a_request_that_lay_in_the_inbox_too_long_isnt_acted_on(here: Town) -> None:
    late = here.story.request("start", here.workspace.person("ana").id, words=("materializers", "1%"))
    at = here.story.now - timedelta(minutes=30)
    request = late.model_copy(update={"at": at, "channel": here.workspace.channel(CHANNEL).id})
    await here.intake.take(request)
    answer = await here.whispered("ana", 0)
    assert "I did nothing" in answer["text"]
    assert await here.story.engine.desk.latest() == []


# ---- dialogs and old controls -----------------------------------------------------------------------------------


async def test_a_dialog_that_doesnt_open_names_the_command_to_type_instead(here: Town) -> None:
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    status = await here.status("baking")
    here.workspace.refuse("views.open", "expired_trigger_id")
    before = len(here.workspace.ephemerals("ben", CHANNEL))
    kill = next(option["value"] for option in _overflow(status) if option["value"].startswith("kill|"))
    await here.workspace.click("ben", CHANNEL, status["ts"], "more", kill)
    assert "/canary kill" in (await here.whispered("ben", before))["text"]


async def test_a_control_that_nobody_knows_any_more_is_answered(here: Town) -> None:
    """A click is never met with silence."""
    button = {"type": "button", "action_id": "promote_v0", "value": "x", "text": {"type": "plain_text", "text": "Old"}}
    said = Said("Old.", ({"type": "actions", "elements": [button]},))
    posted = await here.messenger.post(CHANNEL, said)
    await here.workspace.click("ana", CHANNEL, posted.ts, "promote_v0")
    assert "no longer active" in (await here.whispered("ana", 0))["text"]


async def test_a_click_on_an_old_gate_says_what_has_happened_since(here: Town) -> None:
    """X2: the message as it was on somebody's screen."""
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    rollout = await here.story.until_gate((await here.story.engine.desk.live())[0])
    gate = await here.message_with("'reject'")
    await here.workspace.click("ben", CHANNEL, gate["ts"], "approve")
    await here.message_with("Closed", "it went up")
    before = len(here.workspace.ephemerals("cleo", CHANNEL))
    await here.workspace.click("cleo", CHANNEL, gate["ts"], "approve", seen=gate)
    assert "earlier moment" in (await here.whispered("cleo", before))["text"]
    assert (await here.story.load(rollout)).stage == 1


async def test_who_may_not_react_is_told_once(here: Town) -> None:
    """S4: ignored, and told so once, quietly."""
    await here.types("ana", "/canary start materializers 1%")
    await here.story.settle()
    await here.story.until_gate((await here.story.engine.desk.live())[0])
    gate = await here.message_with("'reject'")
    for _ in range(2):
        await here.workspace.react("dev", CHANNEL, gate["ts"], "white_check_mark")
        await here.whispered("dev", 0)
        await here.workspace.unreact("dev", CHANNEL, gate["ts"], "white_check_mark")
    await here.types("dev", "/canary list")
    assert sum("may not" in message["text"] for message in here.workspace.ephemerals("dev", CHANNEL)) == 1


async def test_a_reaction_taken_back_withdraws_the_approval(tmp_path: Path) -> None:
    """S4."""
    plan = tree()
    plan["stages"][0] = {**plan["stages"][0], "approvals": {"need": 2}}
    async with town(tmp_path, plan=plan) as here:
        await here.types("ana", "/canary start materializers 1%")
        await here.story.settle()
        rollout = await here.story.until_gate((await here.story.engine.desk.live())[0])
        gate = await here.message_with("'reject'")
        await here.workspace.react("ben", CHANNEL, gate["ts"], "white_check_mark")
        await here.message_with("'reject'", "Approvals: 1 of 2")
        await here.workspace.unreact("ben", CHANNEL, gate["ts"], "white_check_mark")
        await here.message_with("'reject'", "Approvals: 0 of 2")
        assert (await here.story.load(rollout)).state is State.GATE


def _overflow(message: dict[str, object]) -> list[dict[str, str]]:
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    return [o for block in blocks for element in block.get("elements", ()) for o in element.get("options", ())]


# ---- signed HTTP ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "signature", "body", "status"),
    [
        ("now", "right", b"{}", 404),
        ("now", "wrong", b"secret=1", 401),
        ("now", "", b"secret=1", 401),
        ("1", "right", b"secret=1", 401),
        ("soon", "right", b"secret=1", 401),
        ("", "right", b"secret=1", 401),
        ("²", "right", b"secret=1", 401),
        ("now", "right", b"\xff\xfesecret", 400),
    ],
)
async def test_forged_stale_and_broken_requests_are_turned_away_unread(
    tmp_path: Path, stamp: str, signature: str, body: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with town(tmp_path, signed=True) as here, ClientSession() as session:
        at = str(int(time.time())) if stamp == "now" else stamp
        right = _signature(here.workspace.signing_secret, at, body)
        sent = {"right": right, "wrong": f"v0={'0' * 64}"}.get(signature, "")
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": sent}
        app = web.Application()
        app.router.add_post(PATH, signed_requests(here.door.app, _now))
        given = {name: value for name, value in headers.items() if value}
        async with served(app) as address, session.post(f"{address}{PATH}", data=body, headers=given) as answer:
            assert answer.status == status
    assert "secret=1" not in caplog.text


def _signature(secret: str, stamp: str, body: bytes) -> str:
    base = b":".join((b"v0", stamp.encode(), body))
    return f"v0={hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()}"


# ---- the start, and lines that die ------------------------------------------------------------------------------


async def test_a_bad_token_ends_the_start_with_one_clear_line(workspace: Workspace) -> None:
    workspace.revoke_token()
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        with pytest.raises(StartRefused, match=r"^[^\n]*token was revoked[^\n]*SLACK_BOT_TOKEN[^\n]*$"):
            await introduce(client)
        with pytest.raises(StartRefused, match=r"^[^\n]*token was revoked[^\n]*SLACK_APP_TOKEN[^\n]*$"):
            await may_connect(client, workspace.app_token)


async def test_a_slack_that_isnt_there_ends_the_start_with_one_clear_line() -> None:
    async with slack_client("xoxb-x", "http://127.0.0.1:9/api/") as client:
        with pytest.raises(StartRefused, match="can't be reached"):
            await introduce(client)


async def test_two_lines_stand_and_one_that_falls_is_replaced(here: Town, workspace: Workspace) -> None:
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        sockets = Sockets(
            here.door.app, client, workspace.app_token, lambda: datetime.now(UTC), apart_s=0, watch_s=0.05
        )
        running = asyncio.create_task(sockets.run())
        await workspace.until(lambda: workspace.connected == 2)
        before = len(workspace.calls("apps.connections.open"))
        await workspace.disconnect_sockets("link_disabled")
        await workspace.until(lambda: len(workspace.calls("apps.connections.open")) >= before + 2)
        await workspace.until(lambda: workspace.connected == 2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await workspace.until(lambda: workspace.connected == 0)


async def test_a_line_that_was_not_heard_for_long_is_suspicious(here: Town, workspace: Workspace) -> None:
    """bolt-python 1529: alive by all signs, and deaf."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    async with slack_client(workspace.bot_token, workspace.api_url) as client:
        line = Line(here.door.app, client, workspace.app_token, lambda: now)
        await line.open()
        assert await line.suspicious() == ""
        now += timedelta(seconds=60)
        assert "nothing was heard for 60 s" in await line.suspicious()
        await line.close()
        assert "isn't connected" in await line.suspicious()


async def test_an_answer_finds_its_way_when_only_the_outbox_is_away(here: Town) -> None:
    """The last way: straight to the person."""
    here.outbox.away = True
    assert "Nothing is being rolled out" in (await here.types("ana", "/canary list"))["text"]


def _now() -> datetime:
    return datetime.now(UTC)
