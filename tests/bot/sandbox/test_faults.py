"""Faults on demand: refusals, hanging methods, answers that get lost."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.bot.sandbox.demo import LIVE

pytestmark = pytest.mark.anyio

LIVE_ID = "C01CANARY1"


async def test_a_planned_refusal_lasts_as_often_as_it_was_planned(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.refuse("chat.postMessage", "ratelimited", times=2, status=429, retry_after=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=LIVE_ID, text="x")
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "7"
    await client.chat_postMessage(channel=LIVE_ID, text="x")
    assert [call.error for call in workspace.calls("chat.postMessage")] == ["ratelimited", "ratelimited", None]


async def test_a_hanging_method_answers_once_released(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.hang("chat.postMessage")
    post = asyncio.create_task(client.chat_postMessage(channel=LIVE_ID, text="x"))
    await client.auth_test()
    assert not post.done()
    assert workspace.messages(LIVE) == []
    workspace.release("chat.postMessage")
    await post
    assert len(workspace.messages(LIVE)) == 1


async def test_a_dropped_answer_leaves_the_work_done(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.drop_connection_after_processing("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=LIVE_ID, text="x")
    assert len(workspace.messages(LIVE)) == 1
    await client.chat_postMessage(channel=LIVE_ID, text="y")
    assert [message["text"] for message in workspace.messages(LIVE)] == ["x", "y"]


async def test_until_says_what_it_saw_when_it_gives_up(workspace: Workspace, client: AsyncWebClient) -> None:
    await client.auth_test()
    with pytest.raises(TimeoutError, match=r"still untrue after 0\.01 s; the last changes were: call auth\.test"):
        await workspace.until(lambda: False, within=0.01)
